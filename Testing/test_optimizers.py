"""Optimisers: they find known minima, do what their papers say, repeat themselves and go on from a checkpoint."""

import math

import pytest
import torch

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fitting import FitLoop, FitSettings, Problem
from INRCore.fitting.optimizer_muon import Muon, is_hidden_matrix, orthogonalised
from INRCore.fitting.optimizer_schedule_free import ScheduleFreeAdamW
from INRCore.fitting.optimizer_soap import Soap, _refresh_basis
from INRCore.fitting.optimizers import OPTIMIZERS
from INRCore.fitting.settings import OPTIMIZER_NAMES

FIRST_ORDER = sorted(set(OPTIMIZERS) - {"lbfgs", "sgd"})
OURS = [Muon, ScheduleFreeAdamW, Soap]


class WaveProblem(Problem):
    """A wave in a small field with a hidden matrix."""

    def __init__(self, network="siren"):
        settings = FieldSettings(network=network, width=20, depth=2, omega_first=6, omega_hidden=6, wire_scale=1)
        self.module = Field(settings, Frame((0, 0, 0), 1.0), seed=0)

    def losses(self, points, generator, iteration):
        x = torch.rand(points, 3, generator=generator) * 2 - 1
        return {"mse": (self.module(x)[:, 0] - torch.sin(4 * x[:, 0] - 3 * x[:, 2])).square().mean()}


def settings(optimizer, **changes):
    rate = 0.02 if optimizer == "sgd" else 3e-3
    named = {"iterations": 40, "points": 256, "device": "cpu", "optimizer": optimizer, "learning_rate": rate}
    return FitSettings(**{**named, **changes})


def fitted_weights(loop):
    for _ in loop.run():
        pass
    parameters = [parameter.detach() for parameter in loop.problem.module.parameters()]
    return torch.cat([torch.view_as_real(p).flatten() if p.is_complex() else p.flatten() for p in parameters])


def minimise(make, function, start, rate, steps):
    """The minimum found with a learning rate that falls as a cosine, where the optimizer wants it to fall."""
    parameters = [torch.nn.Parameter(tensor.clone()) for tensor in start]
    optimizer = make(parameters, rate)

    def closure():
        optimizer.zero_grad()
        value = function(*parameters)
        value.backward()
        return value

    for step in range(steps):
        if not isinstance(optimizer, ScheduleFreeAdamW):
            optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimizer.step(closure)
    return [parameter.detach() for parameter in parameters]


def rotation(size, seed):
    normal = torch.randn(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.linalg.qr(normal)[0]


def quadratic(left, right):
    """A badly conditioned bowl over matrices, its axes turned by `left` and `right`, with its minimum at `target`."""
    target = torch.sin(torch.arange(20.0 * 20).double()).reshape(20, 20)
    strengths = torch.logspace(-2, 0, 20).double()[:, None] * torch.logspace(0, -1, 20).double()

    def function(matrix):
        return ((left.T @ matrix @ right - target).square() * strengths).sum()

    return function, left @ target @ right.T


def test_every_name_of_the_settings_has_an_optimizer():
    assert sorted(OPTIMIZERS) == sorted(OPTIMIZER_NAMES)
    for name in OPTIMIZER_NAMES:
        assert name in FitSettings.__doc__


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_the_valley_of_rosenbrock_is_followed_to_its_end(name):
    def rosenbrock(v):
        return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2

    start = torch.tensor([-1.2, 1.0], dtype=torch.float64)
    (found,) = minimise(OPTIMIZERS[name], rosenbrock, [start], 0.05, 4000)
    assert (found - 1).abs().max() < 0.05


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_the_minimum_of_a_turned_bowl_over_matrices_is_found(name):
    function, minimum = quadratic(rotation(20, 1), rotation(20, 2))
    start = torch.zeros(20, 20, dtype=torch.float64)
    (found,) = minimise(OPTIMIZERS[name], function, [start], 0.05, 1500)
    assert function(found) < 1e-3 * function(start)
    if name in ("adam", "soap"):
        assert (found - minimum).norm() < 0.1 * minimum.norm()


def test_soap_does_not_care_how_the_problem_is_turned():
    """Adam's path changes when rows and columns are mixed by rotations; SOAP's turns with them."""
    left, right = rotation(20, 3), rotation(20, 4)
    start = torch.randn(20, 20, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    straight, _ = quadratic(torch.eye(20).double(), torch.eye(20).double())
    turned, _ = quadratic(left, right)

    def difference(make):
        (one,) = minimise(make, straight, [start], 0.02, 25)
        (other,) = minimise(make, turned, [left @ start @ right.T], 0.02, 25)
        return (left @ one @ right.T - other).norm() / (one - start).norm()

    assert difference(Soap) < 1e-3
    assert difference(OPTIMIZERS["adam"]) > 1e-2


def test_a_basis_is_orthogonal_and_nearly_diagonalises_its_matrix():
    function, _ = quadratic(rotation(20, 5), rotation(20, 6))
    parameter = torch.nn.Parameter(torch.zeros(20, 20, dtype=torch.float64))
    optimizer = Soap([parameter], 0.01, refresh=2)
    for _ in range(200):
        optimizer.zero_grad()
        function(parameter).backward()
        optimizer.step()
    state = optimizer.state[parameter]
    basis = state["left_basis"]
    torch.testing.assert_close(basis.T @ basis, torch.eye(20).double())
    inside = basis.T @ state["left"] @ basis
    assert (inside - inside.diag().diag()).norm() < 0.1 * inside.norm()


def test_the_second_moment_follows_when_directions_change_places():
    state = {
        "left": torch.diag(torch.tensor([1.0, 3.0])),
        "left_basis": torch.eye(2),
        "second": torch.tensor([[1.0], [2.0]]),
    }
    _refresh_basis(state, "left")
    assert torch.equal(state["left_basis"].abs(), torch.eye(2).flip(1))
    assert torch.equal(state["second"], torch.tensor([[2.0], [1.0]]))


def test_long_tables_and_single_rows_are_not_turned():
    table, row = torch.nn.Parameter(torch.ones(5000, 2)), torch.nn.Parameter(torch.ones(1, 30))
    optimizer = Soap([table, row], 0.01)
    (table.square().sum() + row.square().sum()).backward()
    optimizer.step()
    assert "left_basis" not in optimizer.state[table] and optimizer.state[table]["right_basis"].shape == (2, 2)
    assert "left_basis" not in optimizer.state[row] and optimizer.state[row]["right_basis"].shape == (30, 30)


def test_newton_schulz_brings_all_singular_values_near_one():
    for shape in ((30, 70), (70, 30), (40, 40)):
        matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 1e-3
        left, _, right = torch.linalg.svd(matrix, full_matrices=False)
        made = orthogonalised(matrix)
        values = torch.linalg.svdvals(made)
        assert values[:-3].min() > 0.5 and values.max() < 1.3
        cosine = (made * (left @ right)).sum() / made.norm() / (left @ right).norm()
        assert cosine > 0.95


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon to compare with")
def test_muon_takes_the_steps_of_torchs_own():
    weights = [torch.nn.Parameter(torch.full((32, 48), 0.5)) for _ in range(2)]
    ours = Muon(weights[:1], 0.01)
    theirs = torch.optim.Muon(weights[1:], 0.01, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        gradient = torch.randn(32, 48, generator=generator)
        for weight, optimizer in zip(weights, (ours, theirs), strict=True):
            weight.grad = gradient.clone()
            optimizer.step()
    # torch iterates in bfloat16
    assert (weights[0] - weights[1]).norm() < 0.02 * (weights[0] - 0.5).norm()


def test_muon_knows_the_hidden_matrices_by_their_shape():
    shapes = {(128, 128): True, (64, 256): True, (128, 3): False, (1, 128): False, (40_000, 16): False}
    assert {shape: is_hidden_matrix(torch.zeros(shape)) for shape in shapes} == shapes
    assert not is_hidden_matrix(torch.zeros(64)) and not is_hidden_matrix(torch.zeros(64, 64, dtype=torch.complex64))


def test_schedule_free_holds_the_average_and_takes_gradients_between_it_and_the_fast_point():
    parameter = torch.nn.Parameter(torch.tensor([4.0]))
    optimizer = ScheduleFreeAdamW([parameter], 0.1, betas=(0.8, 0.9), warm_up=0)
    fast, average, seen = [4.0], 4.0, []

    def closure():
        seen.append(parameter.item())
        parameter.grad = torch.ones(1)
        return parameter.sum()

    for step in range(1, 6):
        optimizer.step(closure)
        assert seen[-1] == pytest.approx(0.2 * fast[-1] + 0.8 * average)
        fast.append(fast[-1] - 0.1)  # a constant gradient: Adam's direction is 1
        average = sum(fast[1:]) / step
        assert parameter.item() == pytest.approx(average)


def test_schedule_free_says_that_it_needs_a_closure():
    with pytest.raises(InputError, match="closure"):
        ScheduleFreeAdamW([torch.nn.Parameter(torch.ones(2))], 0.1).step()


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_the_first_step_of_every_weight_has_the_size_of_the_learning_rate(name):
    parameter = torch.nn.Parameter(torch.zeros(3))
    optimizer = OPTIMIZERS[name]([parameter], 0.01)
    if name == "schedule_free":
        optimizer.param_groups[0]["warm_up"] = 0

    def closure():
        parameter.grad = torch.tensor([1e-3, -7.0, 200.0])
        return parameter.sum()

    optimizer.step(closure)
    torch.testing.assert_close(parameter.detach(), torch.tensor([-0.01, 0.01, -0.01]), rtol=1e-3, atol=0)


@pytest.mark.parametrize("network", ["siren", "wire"])
@pytest.mark.parametrize("name", FIRST_ORDER)
def test_every_optimizer_fits_real_and_complex_networks(name, network):
    loop = FitLoop(WaveProblem(network), settings(name, iterations=150))
    fitted_weights(loop)
    first, last = loop.loss_history[0][1], loop.loss_history[-1][1]
    assert last < 0.15 * first


@pytest.mark.parametrize("name", [*FIRST_ORDER, "sgd"])
def test_the_same_seed_repeats_the_fit_and_another_does_not(name):
    one, same, other = (fitted_weights(FitLoop(WaveProblem(), settings(name, seed=seed))) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("network", ["siren", "wire"])
@pytest.mark.parametrize("name", [*FIRST_ORDER, "sgd"])
def test_a_resumed_fit_ends_where_the_uninterrupted_one_does(tmp_path, name, network):
    whole = fitted_weights(FitLoop(WaveProblem(network), settings(name)))
    first = FitLoop(WaveProblem(network), settings(name))
    next(progress for progress in first.run() if progress.iteration == 20)
    first.save_checkpoint(tmp_path / "fit.checkpoint")
    second = FitLoop(WaveProblem(network), settings(name))
    second.resume(tmp_path / "fit.checkpoint")
    assert torch.equal(fitted_weights(second), whole)


@pytest.mark.parametrize("make", OURS)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"betas": (1.0, 0.9)}, "beta1 is 1.0"),
        ({"betas": (0.9, -0.1)}, "beta2 is -0.1"),
        ({"eps": -1.0}, "eps is -1.0"),
        ({"learning_rate": 0.0}, "learning rate is 0.0"),
        ({"learning_rate": math.nan}, "learning rate is nan"),
    ],
)
def test_nonsense_is_refused_with_a_reason(make, wrong, message):
    with pytest.raises(InputError, match=message):
        make([torch.nn.Parameter(torch.ones(2))], **{"learning_rate": 0.1, **wrong})


def test_nonsense_of_one_optimizer_is_refused_too():
    parameter = [torch.nn.Parameter(torch.ones(2))]
    with pytest.raises(InputError, match="refresh interval is 0"):
        Soap(parameter, 0.1, refresh=0)
    with pytest.raises(InputError, match="momentum is 2"):
        Muon(parameter, 0.1, momentum=2)
    with pytest.raises(InputError, match="weight decay is -1"):
        ScheduleFreeAdamW(parameter, 0.1, weight_decay=-1)
