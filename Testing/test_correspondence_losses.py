"""Landmark and curve distances against hand-computed ones, their gradients, and fits that use them."""

import numpy as np
import pytest
import torch

from INRCore.errors import InputError
from INRCore.losses.correspondence import curve_loss, landmark_loss, squared_distance_to_curve


def rows(*points):
    return torch.tensor(points, dtype=torch.float64)


def arc(start, stop, count, radius=20.0):
    """(N, 3) points on a circle in the plane z = 5, angles in degrees."""
    angle = np.deg2rad(np.linspace(start, stop, count))
    return torch.tensor(np.stack([radius * np.cos(angle), radius * np.sin(angle), 0 * angle + 5], -1))


def test_the_landmark_loss_is_the_mean_squared_distance_and_robust_beyond_a_scale():
    mapped, targets = rows((0, 0, 0), (1, 1, 1)), rows((3, 4, 0), (1, 1, 1))
    assert landmark_loss(mapped, targets).item() == pytest.approx(25 / 2)
    assert landmark_loss(mapped, targets, torch.tensor([1.0, 3.0])).item() == pytest.approx(25 / 4)
    assert landmark_loss(mapped, targets, torch.zeros(2)).item() == 0
    robust = landmark_loss(mapped[:1], targets[:1], robust_mm=2.0).item()
    assert robust == pytest.approx(2 * 4 * (np.sqrt(1 + 25 / 4) - 1))
    small = landmark_loss(mapped[:1], 0.01 * targets[:1], robust_mm=2.0).item()
    assert small == pytest.approx(0.05**2, rel=1e-3)


def test_one_misplaced_landmark_pulls_a_robust_fit_much_less():
    targets = torch.tensor(np.random.default_rng(0).normal(0, 1, (20, 3)))
    misplaced = targets.clone()
    misplaced[0, 0] += 60

    def fitted_shift(robust_mm):
        shift = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS([shift], max_iter=100)

        def closure():
            optimizer.zero_grad()
            loss = landmark_loss(targets + shift, misplaced, robust_mm=robust_mm)
            loss.backward()
            return loss

        optimizer.step(closure)
        return shift.detach().norm().item()

    assert fitted_shift(None) == pytest.approx(3, abs=1e-3)
    assert fitted_shift(1.0) < 0.1


def test_distances_to_a_curve_are_those_to_its_segments_ends_and_closing_line():
    curve = rows((0, 0, 0), (10, 0, 0), (10, 10, 0))
    points = rows((5, 0, 3), (-3, 4, 0), (12, 5, 0), (5, 6, 0), (10, 0, 0))
    assert squared_distance_to_curve(points, curve).tolist() == pytest.approx([9, 25, 4, 25, 0])
    assert squared_distance_to_curve(points, curve, closed=True).tolist() == pytest.approx([9, 24.5, 4, 0.5, 0])
    repeated = rows((0, 0, 0), (0, 0, 0), (10, 0, 0))
    assert squared_distance_to_curve(points[:1], repeated).tolist() == pytest.approx([9])


def test_curves_of_other_points_on_one_line_are_equal_and_shifted_ones_are_as_far_apart_as_they_are():
    line = rows(*[(x, 0, 0) for x in range(11)])
    denser = rows(*[(x / 3, 0, 0) for x in range(31)])
    assert curve_loss(denser, line).item() == pytest.approx(0, abs=1e-12)
    assert curve_loss(denser + rows((0, 3, 4)), line).item() == pytest.approx(25)
    scale = 2.0
    robust = curve_loss(denser + rows((0, 3, 4)), line, robust_mm=scale).item()
    assert robust == pytest.approx(2 * scale**2 * (np.sqrt(1 + 25 / scale**2) - 1))


def test_a_curve_that_covers_a_part_of_the_target_is_equal_one_way_only():
    whole, part = arc(0, 180, 181), arc(60, 120, 61)
    assert curve_loss(part, whole, one_way=True).item() == pytest.approx(0, abs=1e-9)
    chords = (2 * 20 * np.sin(np.deg2rad(np.arange(61)) / 2)) ** 2  # from the ends of the part, on either side
    assert curve_loss(part, whole).item() == pytest.approx(2 * chords.sum() / 181 / 2)


def test_a_closed_curve_goes_back_to_its_start():
    ring, rolled, gap = arc(0, 345, 24), arc(0, 345, 24).roll(5, 0), arc(352.5, 352.5, 2)
    assert curve_loss(ring, rolled, closed=True).item() == pytest.approx(0, abs=1e-9)
    sagitta, chord = 20 * (1 - np.cos(np.deg2rad(7.5))), 2 * 20 * np.sin(np.deg2rad(3.75))
    assert curve_loss(gap, ring, closed=True, one_way=True).item() == pytest.approx(sagitta**2)
    assert curve_loss(gap, ring, one_way=True).item() == pytest.approx(chord**2)


def test_descending_the_curve_loss_lays_a_turned_and_shifted_curve_on_its_target():
    target = arc(0, 200, 80)
    start = arc(0, 200, 45) + rows((4, -3, 2))
    shift = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([shift], lr=0.2)
    for _ in range(200):
        optimizer.zero_grad()
        loss = curve_loss(start + shift, target, robust_mm=5.0)
        loss.backward()
        optimizer.step()
    assert torch.allclose(shift.detach(), rows((-4, 3, -2)), atol=0.05)


def test_gradients_with_respect_to_either_curve_are_those_of_finite_differences():
    a, b = torch.randn(2, 7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: landmark_loss(a, b, robust_mm=1.0), (a, b))
    assert torch.autograd.gradcheck(lambda a, b: curve_loss(a, b[:5], robust_mm=1.0, closed=True), (a, b))


def test_a_point_on_its_target_has_a_finite_gradient():
    points = rows((0, 0, 0), (1, 0, 0), (1, 0, 0)).requires_grad_()
    for loss in (landmark_loss(points, points.detach(), robust_mm=1.0), curve_loss(points, points.detach())):
        (gradient,) = torch.autograd.grad(loss, points)
        assert loss.item() == 0 and bool((gradient == 0).all())


def test_what_is_no_landmark_or_curve_is_refused():
    with pytest.raises(InputError, match=r"\(4, 3\) and \(5, 3\)"):
        landmark_loss(torch.zeros(4, 3), torch.zeros(5, 3))
    with pytest.raises(InputError, match="landmarks"):
        landmark_loss(torch.zeros(4, 2), torch.zeros(4, 2))
    with pytest.raises(InputError, match="weights"):
        landmark_loss(torch.zeros(4, 3), torch.zeros(4, 3), torch.ones(3))
    with pytest.raises(InputError, match="target curve"):
        curve_loss(torch.zeros(4, 3), torch.zeros(1, 3))
    with pytest.raises(InputError, match="robust_mm"):
        landmark_loss(torch.zeros(4, 3), torch.zeros(4, 3), robust_mm=0)
