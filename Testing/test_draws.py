"""Which data points a step looks at: all equally often, spread over everything, repeatable, in any order of steps."""

import pytest
import torch

from INRCore.fitting.draws import even_draw

CPU = torch.device("cpu")


@pytest.mark.parametrize(("count", "points"), [(4096, 64), (1000, 64), (997, 100), (12, 5), (5, 5), (3, 8), (1, 4)])
def test_a_round_misses_no_number_and_takes_nearly_all_once(count, points):
    steps = -(-count // points)
    drawn = torch.cat([even_draw(count, points, 7, step, CPU) for step in range(steps)])
    seen = torch.bincount(drawn, minlength=count)
    assert seen.shape == (count,) and seen.min() >= 1
    if count % points == 0:
        assert seen.max() == 1


def test_every_batch_rises_and_is_spread_over_all_runs():
    for step in (0, 5, 123):
        drawn = even_draw(10_000, 100, 3, step, CPU)
        assert torch.equal(drawn // 100, torch.arange(100))


def test_rounds_and_seeds_differ_and_repeat():
    first, again = (even_draw(10_000, 100, 1, 42, CPU) for _ in range(2))
    assert torch.equal(first, again)
    for other in (even_draw(10_000, 100, 2, 42, CPU), even_draw(10_000, 100, 1, 142, CPU)):
        assert (first == other).float().mean() < 0.1


def test_places_in_the_runs_look_random():
    """Mean and correlation of neighbouring runs and successive steps, against what chance allows."""
    places = torch.stack([even_draw(1 << 20, 4096, 0, step, CPU) % 256 for step in range(256)]).double()
    centred = places[:, :] - 127.5
    spread = centred.square().mean()
    assert spread == pytest.approx((256**2 - 1) / 12, rel=0.01)
    assert (centred.mean(1).abs() < 6).all()
    assert (centred[:, 1:] * centred[:, :-1]).mean().abs() < 0.03 * spread


def test_huge_counts_and_steps_on_the_device_are_fine():
    count = (1 << 40) + 17
    drawn = even_draw(count, 1000, 2**62, 10**9, CPU)
    assert drawn.min() >= 0 and drawn.max() < count
    step = torch.tensor(57)
    assert torch.equal(even_draw(5000, 64, 1, step, CPU), even_draw(5000, 64, 1, 57, CPU))
