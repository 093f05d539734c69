"""Similarity, regularisers and deformation metrics against closed forms and autograd."""

import numpy as np
import pytest
import torch

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.losses.deformation import bending_energy, hyperelastic_loss, jacobian_determinant, volume_change_loss
from INRCore.losses.similarity import mean_squared_difference, normalised_cross_correlation
from INRCore.metrics.deformation import displacement_error, folding_fraction, target_registration_error

SHEAR = np.array([[1.2, 0.3, 0.0], [-0.1, 0.9, 0.2], [0.05, 0.0, 1.1]])


def constant_jacobian(matrix, count=5):
    """du of x -> matrix x, at `count` points."""
    return torch.tensor(np.asarray(matrix) - np.eye(3), dtype=torch.float32).expand(count, 3, 3)


def a_field(outputs=3):
    settings = FieldSettings(width=24, depth=2, omega_first=6, omega_hidden=10)
    return Field(settings, Frame((5, -3, 2), 40.0), outputs, seed=1, output_scale=20.0)


def some_points(count=50):
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(2)) * 60 - 30


def autograd_jacobian(field, points):
    points = points.clone().requires_grad_()
    value = field(points)
    rows = [torch.autograd.grad(value[:, d].sum(), points, create_graph=True)[0] for d in range(3)]
    return points, torch.stack(rows, 1)


@pytest.mark.parametrize("matrix", [np.eye(3), SHEAR, np.diag([1, 1, -1]), 2 * np.eye(3)])
def test_the_determinant_and_the_volume_change_of_affine_maps_are_exact(matrix):
    expected = np.linalg.det(matrix)
    du = constant_jacobian(matrix)
    assert jacobian_determinant(du).numpy() == pytest.approx(np.full(5, expected), abs=1e-5)
    assert float(volume_change_loss(du)) == pytest.approx(abs(1 - expected), abs=1e-5)


def test_the_hyperelastic_energy_of_affine_maps_is_the_paper_s():
    cofactors = np.linalg.det(SHEAR) * np.linalg.inv(SHEAR).T
    growth = (np.maximum((cofactors**2).sum(0) - 1, 0) ** 2).sum()
    determinant = np.linalg.det(SHEAR)
    parts = {
        "length": 0.5 * ((SHEAR - np.eye(3)) ** 2).sum(),
        "area": growth,
        "volume": (determinant - 1) ** 4 / determinant**2,
    }
    du = constant_jacobian(SHEAR)
    for name, expected in parts.items():
        only = {part: float(part == name) for part in parts}
        assert float(hyperelastic_loss(du, **only)) == pytest.approx(expected, rel=1e-4), name
    assert growth > 0.1
    assert float(hyperelastic_loss(constant_jacobian(np.eye(3)))) == pytest.approx(0, abs=1e-6)


def test_shrinking_areas_cost_nothing_and_turning_changes_neither_area_nor_volume():
    assert float(hyperelastic_loss(constant_jacobian(0.8 * np.eye(3)), length=0, volume=0)) == pytest.approx(
        0, abs=1e-6
    )
    turn = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])
    assert float(hyperelastic_loss(constant_jacobian(turn), length=0)) == pytest.approx(0, abs=1e-6)


def test_the_barrier_grows_through_folding_with_a_finite_slope_that_pushes_back():
    scales = torch.tensor([0.5, 0.2, 0.1, 0.0, -0.5], requires_grad=True)
    energies = []
    for scale in scales:
        du = torch.diag(torch.stack([scale - 1, scale * 0, scale * 0]))[None]
        energies.append(hyperelastic_loss(du, length=0, area=0))
    (slopes,) = torch.autograd.grad(torch.stack(energies).sum(), scales)
    values = torch.stack(energies).detach().numpy()
    assert np.all(np.diff(values) > 0) and np.isfinite(values).all()
    assert bool((slopes < 0).all()) and bool(torch.isfinite(slopes).all())


def test_the_bending_energy_of_a_quadratic_map_is_exact_and_of_an_affine_one_zero():
    # u_x = x^2 + 3 x y, u_y = 0.5 z^2 - y z, u_z = 2 x z: second derivatives xx, xy, xz, yy, yz, zz per component.
    second = torch.tensor([[[2, 3, 0, 0, 0, 0], [0, 0, 0, 0, -1, 1], [0, 0, 2, 0, 0, 0]]], dtype=torch.float32)
    expected = (2**2 + 2 * 3**2) + (1**2 + 2 * 1**2) + 2 * 2**2
    assert float(bending_energy(second.expand(7, 3, 6))) == pytest.approx(expected)
    assert float(bending_energy(torch.zeros(7, 3, 6))) == 0


def test_losses_by_forward_derivatives_agree_with_autograd_through_the_field():
    field, points = a_field(), some_points()
    _, jacobian, second = field.value_jacobian_hessian(points)
    seeded, reference = autograd_jacobian(field, points)
    assert torch.allclose(jacobian, reference, atol=1e-5)
    assert float(jacobian.detach().abs().max()) > 0.1
    determinant = torch.linalg.det(torch.eye(3) + reference)
    assert torch.allclose(jacobian_determinant(jacobian), determinant, atol=1e-4)
    energy = 0.0
    for d in range(3):
        for a in range(3):
            gradient = torch.autograd.grad(reference[:, d, a].sum(), seeded, retain_graph=True)[0]
            energy += gradient.square().sum(-1).mean()
    assert bending_energy(second).item() == pytest.approx(energy.item(), rel=1e-3)


def test_the_gradient_of_a_regulariser_reaches_the_weights():
    field, points = a_field(), some_points()
    for loss in (volume_change_loss, hyperelastic_loss):
        weights = list(field.parameters())
        by_jet = torch.autograd.grad(loss(field.value_and_jacobian(points)[1]), weights, allow_unused=True)
        by_graph = torch.autograd.grad(loss(autograd_jacobian(field, points)[1]), weights, allow_unused=True)
        for a, b in zip(by_jet[:-1], by_graph[:-1], strict=True):
            assert torch.allclose(a, b, rtol=1e-3, atol=1e-5)


def test_the_correlation_ignores_gain_and_offset_and_sees_sign():
    generator = torch.Generator().manual_seed(0)
    a, noise = torch.randn(2, 4000, generator=generator)
    b = a + 0.5 * noise
    expected = np.corrcoef(a.numpy(), b.numpy())[0, 1]
    assert float(normalised_cross_correlation(a, b)) == pytest.approx(expected, abs=1e-5)
    for gain, offset in ((3.0, -7.0), (0.01, 100.0)):
        assert float(normalised_cross_correlation(a, gain * b + offset)) == pytest.approx(expected, abs=1e-3)
    assert float(normalised_cross_correlation(a, -b)) == pytest.approx(-expected, abs=1e-5)


def test_points_of_weight_zero_count_in_no_similarity():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 1000, generator=generator)
    spoiled = b.clone()
    spoiled[600:] = 1e3
    weight = (torch.arange(1000) < 600).float()
    kept = normalised_cross_correlation(a[:600], b[:600])
    assert float(normalised_cross_correlation(a, spoiled, weight)) == pytest.approx(float(kept), abs=1e-5)
    expected = float((a[:600] - b[:600]).square().mean())
    assert float(mean_squared_difference(a, spoiled, weight)) == pytest.approx(expected, rel=1e-5)


def test_no_point_or_a_constant_sample_gives_zero_and_finite_gradients():
    a = torch.randn(100, generator=torch.Generator().manual_seed(0)).requires_grad_()
    for b, weight in ((torch.ones(100), None), (torch.randn(100), torch.zeros(100))):
        ncc = normalised_cross_correlation(a, b, weight)
        (gradient,) = torch.autograd.grad(ncc, a)
        assert ncc.item() == pytest.approx(0, abs=1e-6) and bool(torch.isfinite(gradient).all())


def test_the_folding_fraction_of_a_folded_map_is_its_share_of_the_volume():
    # u_x = -a sin(x), so det = 1 - a cos(x) <= 0 where cos(x) >= 1 / a: a share of acos(1 / a) / pi.
    amplitude = 2.0
    x = (np.arange(20_000) + 0.5) / 20_000 * 2 * np.pi
    du = torch.zeros(len(x), 3, 3)
    du[:, 0, 0] = torch.tensor(-amplitude * np.cos(x))
    determinant = jacobian_determinant(du).numpy()
    share = np.arccos(1 / amplitude) / np.pi
    assert folding_fraction(determinant) == pytest.approx(share, abs=1e-3)
    assert folding_fraction(determinant, x < np.pi) == pytest.approx(share, abs=1e-3)
    assert folding_fraction(np.ones(9)) == 0


def test_landmark_and_displacement_errors_are_distances_in_millimetres():
    points = np.array([[0, 0, 0], [1, 2, 3.0]])
    assert target_registration_error(points + np.array([3, 4, 0]), points).tolist() == [5, 5]
    found = np.zeros((2, 2, 2, 3))
    found[0, 0, 0] = (0, 3, 4)
    mean, largest = displacement_error(found, np.zeros_like(found))
    assert (mean, largest) == (5 / 8, 5)
    assert displacement_error(found, np.zeros_like(found), np.ones((2, 2, 2), bool) & (found[..., 1] > 0)) == (5, 5)
