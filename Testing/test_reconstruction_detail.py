"""Detail across the slices, learned from the detail within them."""

import numpy as np
import pytest
from phantoms import BrainLike, acquired, sampled

from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve

FINE = Grid.from_parts((40, 48, 48), (1, 1, 1), (-19.5, -23.5, -23.5))
THICK = FINE.with_size((40, 48, 12))
HEAD = BrainLike(radius=21)


def settings(iterations, learning_rate=2e-3, **changes):
    fit = FitSettings(iterations=iterations, points=8192, learning_rate=learning_rate, device="cpu")
    return SuperResolutionSettings(**{"mirrors": False, "uncertainty": False, "fit": fit, **changes})


@pytest.mark.parametrize(("profile", "gain"), [("boxcar", 0.3), ("gaussian", 0.8)])
def test_learned_detail_is_better_than_the_cubic_spline(profile, gain):
    thick = acquired(HEAD, THICK, profile=profile)
    metrics = super_resolve(thick, settings(100, profile=profile), truth=sampled(HEAD, FINE)).metrics
    assert metrics["detail_gain_db"] > 0.5
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + gain
    assert metrics["consistency_rmse_relative"] < 0.02 < metrics["baseline_consistency_rmse_relative"]


def test_noise_is_lowered_as_well():
    thick = acquired(HEAD, THICK)
    noise = 0.2 * thick.array.std() * np.random.default_rng(0).normal(size=thick.array.shape)
    noisy = thick.with_array((thick.array + noise).astype(np.float32))
    metrics = super_resolve(noisy, settings(100), truth=sampled(HEAD, FINE)).metrics
    assert metrics["noise_relative"] == pytest.approx(0.2, rel=0.2)
    assert metrics["detail_gain_db"] > 0.5
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + 2, metrics


def test_what_was_learned_badly_is_left_out():
    notes = []
    metrics = super_resolve(
        acquired(HEAD, THICK),
        settings(8, learning_rate=1.0),
        truth=sampled(HEAD, FINE),
        on_progress=lambda progress: notes.append(progress.note),
    ).metrics
    assert "detail_gain_db" not in metrics and any("No detail could be learned" in note for note in notes)
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"]
