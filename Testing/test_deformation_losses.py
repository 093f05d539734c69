"""Regularisers and deformation metrics against closed forms and autograd."""

import numpy as np
import pytest
import torch

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.losses.deformation import (
    bending_energy,
    folding_barrier,
    hyperelastic_loss,
    jacobian_determinant,
    log_jacobian_loss,
    volume_change_loss,
)
from INRCore.losses.rigidity import rigidity_loss
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


@pytest.mark.parametrize("matrix", [SHEAR, np.diag([0.5, 1, 1]), np.diag([2.0, 3, 1])])
def test_the_logarithm_of_the_volume_costs_the_same_for_a_map_and_its_inverse(matrix):
    expected = np.log(np.linalg.det(matrix)) ** 2
    assert float(log_jacobian_loss(constant_jacobian(matrix))) == pytest.approx(expected, rel=1e-4)
    assert float(log_jacobian_loss(constant_jacobian(np.linalg.inv(matrix)))) == pytest.approx(expected, rel=1e-4)


def squeezed(scales):
    """du of maps that shrink x by each of the scales (N)."""
    du = torch.zeros(len(scales), 3, 3, dtype=scales.dtype)
    return torch.index_put(du, (torch.arange(len(scales)), torch.tensor(0), torch.tensor(0)), scales - 1)


@pytest.mark.parametrize("loss", [log_jacobian_loss, folding_barrier, lambda du: hyperelastic_loss(du, 0, 0)])
def test_what_forbids_folding_grows_through_it_with_a_finite_slope_that_pushes_back(loss):
    scales = torch.tensor([0.25, 0.15, 0.09, 0.02, 0.008, 0.0, -0.5, -3.0], dtype=torch.float64, requires_grad=True)
    energies = torch.stack([loss(squeezed(scale[None])) for scale in scales])
    (slopes,) = torch.autograd.grad(energies.sum(), scales)
    assert np.all(np.diff(energies.detach().numpy()) > 0)
    assert bool(torch.isfinite(slopes).all()) and bool((slopes < 0).all())
    assert slopes[-1] == slopes[-2] < slopes[0]  # straight at the end, steeper than at the start


def test_the_folding_barrier_is_its_formula_and_lets_everything_else_pass():
    scales = torch.tensor([0.1, 0.02], dtype=torch.float64)
    expected = ((0.3 / scales - 1) ** 2).mean().item()
    assert folding_barrier(squeezed(scales)).item() == pytest.approx(expected, rel=1e-9)
    assert folding_barrier(squeezed(torch.tensor([0.3, 0.5, 1.0, 7.0]))).item() == 0
    assert folding_barrier(squeezed(torch.tensor([0.4])), start=0.8).item() == pytest.approx(1, rel=1e-5)
    with pytest.raises(InputError, match="start"):
        folding_barrier(squeezed(scales), start=0)


def test_the_folding_barrier_unfolds_a_map():
    """Points on a line that have changed places: descending the barrier brings them apart again in order."""
    positions = torch.tensor([0.0, 1.0, 3.0, 2.0, 2.5, 5.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([positions], lr=0.01)
    for _ in range(1000):
        optimizer.zero_grad()
        folding_barrier(squeezed(positions.diff())).backward()
        optimizer.step()
    assert positions.diff().min().item() > 0.2  # it leaves 0.3 and more alone


TURN = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])


def test_the_rigidity_of_affine_maps_is_the_paper_s_and_of_rigid_ones_zero():
    ones = torch.ones(5)
    assert float(rigidity_loss(constant_jacobian(TURN), ones)) == pytest.approx(0, abs=1e-10)
    stretch = ((SHEAR.T @ SHEAR - np.eye(3)) ** 2).sum()
    volume = (np.linalg.det(SHEAR) - 1) ** 2
    du = constant_jacobian(SHEAR)
    assert float(rigidity_loss(du, ones)) == pytest.approx(stretch + volume, rel=1e-4)
    assert float(rigidity_loss(du, ones, orthonormality=0)) == pytest.approx(volume, rel=1e-4)
    mirror = constant_jacobian(np.diag([1, 1, -1]))
    assert float(rigidity_loss(mirror, ones)) == pytest.approx(4)  # orthonormal, and not proper
    turned_after = constant_jacobian(TURN @ SHEAR)
    assert float(rigidity_loss(turned_after, ones)) == pytest.approx(stretch + volume, rel=1e-4)


def test_the_affinity_of_a_rigid_structure_is_the_bending_energy_at_its_points():
    second = torch.rand(5, 3, 6, generator=torch.Generator().manual_seed(0))
    du = constant_jacobian(TURN)
    weight = torch.tensor([1.0, 0.5, 0, 0, 0])
    expected = (bending_energy(second[:1]) + 0.5 * bending_energy(second[1:2])) / 1.5
    assert float(rigidity_loss(du, weight, second, affinity=3)) == pytest.approx(3 * float(expected), rel=1e-5)


def test_soft_tissue_may_deform_and_no_rigid_point_gives_zero():
    du = torch.cat([constant_jacobian(SHEAR, 3), constant_jacobian(TURN, 2)]).requires_grad_()
    assert rigidity_loss(du, torch.tensor([0, 0, 0, 1.0, 1.0])).item() == pytest.approx(0, abs=1e-10)
    loss = rigidity_loss(du, torch.zeros(5))
    assert loss.item() == 0 and bool(torch.isfinite(torch.autograd.grad(loss, du)[0]).all())


def test_rigidity_of_tensors_that_do_not_fit_together_is_refused():
    du = constant_jacobian(SHEAR)
    for wrong in ((du, torch.ones(4)), (du[0], torch.ones(3)), (du, torch.ones(5), torch.zeros(5, 6))):
        with pytest.raises(InputError, match=r"\(N, 3, 3\), \(N\) and \(N, 3, 6\)"):
            rigidity_loss(*wrong)


def test_gradients_of_the_regularisers_are_those_of_finite_differences():
    generator = torch.Generator().manual_seed(3)
    du = (0.6 * torch.randn(6, 3, 3, dtype=torch.float64, generator=generator)).requires_grad_()
    second = torch.randn(6, 3, 6, dtype=torch.float64, generator=generator).requires_grad_()
    weight = torch.rand(6, dtype=torch.float64, generator=generator)
    assert float(jacobian_determinant(du).detach().min()) < 0.1  # the straight parts as well
    for loss in (volume_change_loss, hyperelastic_loss, log_jacobian_loss):
        assert torch.autograd.gradcheck(loss, du)
    assert torch.autograd.gradcheck(lambda du: folding_barrier(0.9 * du), du)
    assert torch.autograd.gradcheck(lambda du, second: rigidity_loss(du, weight, second), (du, second))


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
