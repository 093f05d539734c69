"""Engines: the fast way through a network gives the reference's values and gradients, and can be switched off."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame, switch
from INRCore.fields.engines import engine_for, plain, products, tile_compiled, tiled
from INRCore.fields.jets import Jet, seed_jet
from INRCore.fields.switch import ENGINE_NAMES, use_engine
from INRCore.tiles import on_threads, tiles_of_threads

FRAME = Frame((3.0, -2.0, 1.0), 2.0)
ORDERS = ("value", "jacobian", "hessian")


def a_field(network: str, encoding: str = "none", width: int = 35, depth: int = 3) -> Field:
    settings = FieldSettings(
        network=network, encoding=encoding, width=width, depth=depth, omega_first=5.0, omega_hidden=4.0,
        fourier_features=9, fourier_sigma=0.7,
    )  # fmt: skip
    return Field(settings, FRAME, 2, seed=4, output_scale=[2.0, 0.5])


def some_points(count: int) -> torch.Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(count)) * 4 + torch.tensor([1.0, -4.0, -1.0])


def values_and_gradients(field: Field, points: torch.Tensor, order: str) -> list[torch.Tensor]:
    """What the field gives up to an order and the gradients of an uneven sum of it by points and parameters."""
    points = points.clone().requires_grad_()
    field.zero_grad()
    given = {
        "value": lambda: (field(points),),
        "jacobian": lambda: field.value_and_jacobian(points),
        "hessian": lambda: field.value_jacobian_hessian(points),
    }[order]()
    loss = sum((tensor * torch.cos(torch.arange(tensor.numel())).view_as(tensor).to(tensor)).sum() for tensor in given)
    loss.backward()
    found = [*given, points.grad, *(parameter.grad for parameter in field.parameters())]
    return [tensor.detach().double() for tensor in found]


@pytest.fixture(params=["auto", "numpy"])
def engine(request):
    """The tiles with compiled loops, where Numba is installed, and without."""
    if request.param == "auto":
        pytest.importorskip("numba", reason="numba is not installed: there are no compiled loops")
    with use_engine(request.param):
        yield request.param


@pytest.mark.parametrize("count", [1, 2, 77, 4001])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("network", "encoding"), [("siren", "none"), ("relu", "fourier"), ("finer", "none"), ("siren", "fourier")]
)
def test_the_tiled_engine_gives_values_and_gradients_of_the_reference_in_float64(
    network, encoding, order, count, engine
):
    field, points = a_field(network, encoding), some_points(count)
    assert engine_for(field.network, Jet(field.encoding(points))) is tiled.run
    assert tile_compiled.can_run(field.network.activation) == (engine == "auto" and network != "relu")
    fast = values_and_gradients(field, points, order)
    exact = values_and_gradients(field.double(), points.double(), order)
    for got, expected in zip(fast, exact, strict=True):
        assert (got - expected).norm() <= 3e-5 * expected.norm() + 1e-7


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (5, 1), (16, 5), (300, 2)])
def test_the_tiled_engine_takes_any_width_and_depth(width, depth, engine):
    field, points = a_field("siren", width=width, depth=depth), some_points(301)
    fast = values_and_gradients(field, points, "hessian")
    for got, expected in zip(fast, values_and_gradients(field.double(), points.double(), "hessian"), strict=True):
        assert (got - expected).norm() <= 3e-5 * expected.norm() + 1e-7


@pytest.mark.parametrize("order", ORDERS)
def test_the_middle_of_the_frame_alone_is_a_point_like_others(order):
    field, middle = a_field("siren"), torch.tensor([FRAME.center_mm])
    fast = values_and_gradients(field, middle, order)
    for got, expected in zip(fast, values_and_gradients(field.double(), middle.double(), order), strict=True):
        assert (got - expected).norm() <= 3e-5 * expected.norm() + 1e-7


# FINER's second derivative jumps where the phase is 0: rounding decides the side.
@pytest.mark.parametrize(("network", "tolerance"), [("siren", 1e-5), ("relu", 1e-5), ("finer", 1e-3)])
def test_all_engines_agree_without_gradients_and_in_many_tiles(network, tolerance):
    field, points = a_field(network, width=64), some_points(30_011)
    found = {}
    for name in ENGINE_NAMES:
        with torch.no_grad(), use_engine(name):
            found[name] = field.value_jacobian_hessian(points)
    for name in ("auto", "numpy"):
        for got, expected, allowed in zip(found[name], found["plain"], (1e-5, 1e-5, tolerance), strict=True):
            assert (got - expected).norm() <= allowed * expected.norm()


def test_the_same_points_give_the_same_bits_again():
    field, points = a_field("siren"), some_points(9_001)
    first, second = (values_and_gradients(field, points, "jacobian") for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_one_thread_and_two_agree():
    field, points = a_field("siren", width=96), some_points(6_007)
    threads = torch.get_num_threads()
    try:
        found = []
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(values_and_gradients(field, points, "jacobian"))
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(*found, strict=True):
        assert (one - two).norm() <= 1e-5 * one.norm()


def test_what_the_tiled_engine_cannot_do_goes_the_plain_way():
    points = some_points(5)
    for field in (a_field("wire"), a_field("siren").double()):
        jet = seed_jet(points.to(field.output_scale.dtype), second=False)
        assert engine_for(field.network, jet) is plain.run
    field = a_field("siren")
    jet = seed_jet(points, second=False)
    assert engine_for(field.network, jet) is tiled.run
    assert engine_for(field.network, jet._replace(first=jet.first.clone().requires_grad_())) is plain.run
    assert field(points[:0]).shape == (0, 2)


def test_the_engine_can_be_switched_off_in_python_and_for_a_process():
    field = a_field("siren")
    jet = Jet(some_points(5))
    with use_engine("plain"):
        assert engine_for(field.network, jet) is plain.run
    assert engine_for(field.network, jet) is tiled.run
    with pytest.raises(InputError, match=r"no engine 'fast'.*plain"), use_engine("fast"):
        pass
    script = (
        "import torch; from INRCore.fields import FieldSettings; from INRCore.fields.networks import SirenNetwork;"
        "from INRCore.fields.engines import engine_for; from INRCore.fields.jets import Jet;"
        "network = SirenNetwork(FieldSettings(), 3, 1, None);"
        "print(engine_for(network, Jet(torch.zeros(1, 3))).__module__)"
    )
    for name, module in (("plain", "plain"), ("auto", "tiled")):
        done = subprocess.run(
            [sys.executable, "-c", script], env={"INRCORE_ENGINE": name, "PATH": ""}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert done.stdout.strip() == f"INRCore.fields.engines.{module}"


def test_a_gradient_of_the_gradient_is_right_with_the_tiled_engine_too():
    field, points = a_field("siren", "fourier"), some_points(40).requires_grad_()

    def curvatures_and_gradients() -> list[torch.Tensor]:
        field.zero_grad()
        (gradient,) = torch.autograd.grad(field(points)[:, 0].sum(), points, create_graph=True)
        (second,) = torch.autograd.grad(gradient[:, 0].sum(), points, create_graph=True)
        (field(points).sum() + second.square().sum()).backward()
        return [second[:, 0].detach(), *(parameter.grad.clone() for parameter in field.parameters())]

    found = curvatures_and_gradients()
    torch.testing.assert_close(
        found[0], field.value_jacobian_hessian(points)[2][:, 0, 0].detach(), rtol=1e-4, atol=1e-4
    )
    with use_engine("plain"):
        for got, expected in zip(found, curvatures_and_gradients(), strict=True):
            assert (got - expected).norm() <= 1e-5 * expected.norm()


def test_sine_and_cosine_of_compiled_loops_are_exact_and_never_beyond_one():
    pytest.importorskip("numba", reason="numba is not installed: there are no compiled loops")
    from INRCore.compiled import activations

    def both(phases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sine, cosine = np.empty_like(phases, np.float32), np.empty_like(phases, np.float32)
        activations.sine_and_cosine(phases.astype(np.float32), sine, cosine)
        return sine, cosine

    phases = np.concatenate([np.linspace(-6000, 6000, 200_003), np.linspace(-7, 7, 20_001)]).astype(np.float32)
    for got, expected in zip(both(phases), (np.sin(phases.astype(float)), np.cos(phases.astype(float))), strict=True):
        assert abs(got - expected).max() < 2e-7
    # Phases of a fit that goes astray.
    assert all(abs(part).max() <= 1 for part in both(np.logspace(3, 38, 5000)))
    assert all(np.isnan(part).all() for part in both(np.array([np.nan, np.inf, -np.inf])))


def test_a_numba_that_does_not_run_or_cannot_keep_its_loops_is_no_error(monkeypatch):
    numba = pytest.importorskip("numba", reason="numba is not installed: there are no compiled loops")
    from INRCore.compiled.build import compiled

    real = numba.njit

    def without_a_place_to_write(cache=False, **options):
        if cache:
            raise RuntimeError("no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", without_a_place_to_write)
    assert compiled(lambda number: number + 1)(2) == 3
    monkeypatch.setitem(sys.modules, "numba", None)
    switch._numba_runs.cache_clear()
    try:
        assert not switch.is_compiled()
        a_field("siren")(some_points(50)).sum().backward()
    finally:
        switch._numba_runs.cache_clear()


def test_weights_changed_before_the_backward_pass_are_noticed():
    field = a_field("relu")
    loss = field(some_points(20)).sum()
    with torch.no_grad():
        next(field.network.parameters()).add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("by_onednn", [False, True])
@pytest.mark.parametrize("shape", [(1, 3, 50), (7, 1, 9), (3, 64, 40), (64, 3, 40), (33, 65, 127), (128, 128, 1)])
def test_products_and_row_sums_are_those_of_float64(shape, by_onednn, monkeypatch):
    if by_onednn and not products.uses_onednn():
        pytest.skip("oneDNN is used only on processors with AVX-512")
    monkeypatch.setattr(products, "uses_onednn", lambda: by_onednn)
    random = np.random.default_rng(0)
    a, b = (random.standard_normal(size).astype(np.float32) for size in (shape[:2], shape[1:]))
    exact = a.astype(np.float64) @ b
    np.testing.assert_allclose(products.product(a, b), exact, atol=2e-5)
    np.testing.assert_allclose(products.product(a, np.ascontiguousarray(b.T).T), exact, atol=2e-5)
    np.testing.assert_allclose(products.product(a, np.stack([b, b], 1)[:, 1]), exact, atol=2e-5)
    np.testing.assert_allclose(products.row_sums(b), b.astype(np.float64).sum(1), atol=2e-5)


@pytest.mark.parametrize(("points", "largest"), [(1, 64), (64, 64), (65, 64), (10_000, 1024), (1023, 64)])
def test_tiles_cover_all_points_once_in_order_and_are_of_about_the_same_size(points, largest):
    shares = tiles_of_threads(points, largest)
    tiles = [tile for share in shares for tile in share]
    assert [n for tile in tiles for n in range(tile.start, tile.stop)] == list(range(points))
    sizes = [tile.stop - tile.start for tile in tiles]
    assert max(sizes) <= largest and max(sizes) - min(sizes) <= 1
    assert len({len(share) for share in shares}) == 1


def test_an_error_in_a_thread_reaches_the_caller():
    def fail(share: list[slice]) -> None:
        raise ValueError(f"at {share[0].start}")

    with pytest.raises(ValueError, match="at 0"):
        on_threads(fail, [[slice(0, 1)], [slice(1, 2)]])
