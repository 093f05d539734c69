"""Denoising on an image's own grid: as well as the best of a filter's settings, with no truth to choose by."""

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from grids import GRIDS
from phantoms import BrainLike, sampled

from INRCore.command_line.main import main
from INRCore.errors import InputError
from INRCore.fitting import Control, FitSettings, run_to_end
from INRCore.geometry import Grid
from INRCore.io import read_volume, write_volume
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.blocks import blocks_of
from INRCore.reconstruction.denoising import MARGIN, choose_threshold_steps, denoise_steps, denoised
from INRCore.volume import Volume

DENOISE = SuperResolutionSettings(method="denoise", fit=FitSettings(device="cpu"))
GRID = Grid.from_parts((40, 64, 64), (0.6, 0.6, 0.8), (-19, -19, -16))
TRUTH = sampled(BrainLike(radius=15), GRID)


def noisy(deviation):
    noise = np.random.default_rng(0).normal(size=GRID.shape)
    return TRUTH.with_array((TRUTH.array + deviation * noise).astype(np.float32), name="noisy")


@pytest.mark.parametrize("deviation", [6.0, 20.0])
def test_noise_is_taken_out_better_than_by_the_best_diffusion(deviation):
    volume = noisy(deviation)
    result = super_resolve(volume, DENOISE, truth=TRUTH)
    image, best = sitk.GetImageFromArray(volume.array), 0.0
    for conductance in (1.0, 2.0, 3.0):
        for iterations in (5, 15):
            found = sitk.CurvatureAnisotropicDiffusion(image, 0.0625, conductance, 1, iterations)
            best = max(best, psnr_db(TRUTH.array, sitk.GetArrayFromImage(found)))
    assert result.metrics["psnr_db"] > best + 0.5 > result.metrics["baseline_psnr_db"] + 2
    assert result.metrics["noise_relative"] * volume.array.std() == pytest.approx(deviation, rel=0.15)
    assert result.volume.grid.same_as(GRID) and result.volume.name == "noisy denoised"


@pytest.mark.parametrize("deviation", [6.0, 20.0])
def test_the_error_is_known_without_the_truth_and_so_is_the_best_threshold(deviation):
    image = torch.from_numpy(noisy(deviation).array)
    risk = run_to_end(choose_threshold_steps(image, deviation, 0, Control()))
    errors = {
        threshold: float((denoised(image, deviation, threshold) - torch.from_numpy(TRUTH.array)).square().mean().sqrt())
        for threshold in (1.5, 2.0, 2.4, 2.8, 3.3)
    }
    assert errors[risk.threshold] < 1.03 * min(errors.values())
    assert risk.expected_error * deviation == pytest.approx(errors[risk.threshold], rel=0.1)


def test_blocks_show_no_seams():
    values = noisy(10).array
    whole = run_to_end(denoise_steps(values, blocks_of(GRID, MARGIN, GRID.voxel_count), 10, 2.4, torch.device("cpu")))
    parts = run_to_end(denoise_steps(values, blocks_of(GRID, MARGIN, 40_000), 10, 2.4, torch.device("cpu")))
    np.testing.assert_allclose(parts, whole, atol=1e-2)


@pytest.mark.parametrize("name", GRIDS)
def test_any_grid_and_thin_ones_keep_their_place_and_a_quiet_one_its_values(name):
    rng, grid = np.random.default_rng(0), Grid((1, 30, 40), GRIDS[name].ijk_to_world)
    picture = Volume(rng.normal(100, 5, grid.shape).astype(np.float32), grid)
    result = super_resolve(picture, DENOISE)
    assert result.volume.grid.same_as(grid) and result.volume.array.std() < 2.5
    flat = super_resolve(picture.with_array(np.full(grid.shape, 7, np.int16)), DENOISE)
    assert (flat.volume.array == 7).all() and any("No noise" in note for note in flat.notes)


def test_what_does_not_go_with_denoising_is_refused():
    with pytest.raises(InputError, match="one volume at a time"):
        super_resolve([TRUTH, TRUTH], DENOISE)
    with pytest.raises(InputError, match="leave the spacing out"):
        super_resolve(TRUTH, SuperResolutionSettings(method="denoise", spacing_mm=1.0))
    with pytest.raises(InputError, match="neither masks nor a guide"):
        super_resolve(TRUTH, DENOISE, guide=TRUTH)


def test_the_command_line_denoises(tmp_path):
    write_volume(noisy(10), tmp_path / "noisy.nrrd")
    words = ["super-resolve", str(tmp_path / "noisy.nrrd"), "--output", str(tmp_path / "quiet.nrrd"), "--progress"]
    assert main([*words, "none", "--method", "denoise", "--device", "cpu"]) == 0
    quiet = read_volume(tmp_path / "quiet.nrrd").array
    assert psnr_db(TRUTH.array, quiet) > psnr_db(TRUTH.array, noisy(10).array) + 3
