"""The Triton engine: kernels against float64 autograd in Triton's interpreter, compiled for an H100, and on a real GPU.

No GPU is needed for the first two.
"""

from importlib.util import find_spec

import pytest
import torch
from triton_cases import (
    CASES,
    COMPILED,
    TOLERANCES,
    WHOLE_NETWORKS,
    Case,
    errors_of,
    gradients_of,
    inputs_of,
    printed_by_this_file,
    sample_error_of,
    second_gradient_error,
    sine_error,
)

from INRCore.fields import FieldSettings
from INRCore.fields.engines import triton_engine, triton_network
from INRCore.fields.engines.triton_plan import plan_for
from INRCore.fields.jets import Jet
from INRCore.fields.networks import NETWORKS
from INRCore.fitting.cuda_graph import graphed
from Testing.benchmarks.engine import gpu

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
SHARED_BYTES_OF_H100 = 232448


@pytest.fixture(scope="module")
def interpreted():
    """Errors of all cases by name."""
    return printed_by_this_file("interpret", {"TRITON_INTERPRET": "1"})


@needs_triton
def test_sine_and_cosine_of_the_kernels_are_as_exact_as_they_promise(interpreted):
    assert 0 < interpreted["sine"] < 1


@needs_triton
def test_a_gradient_of_the_gradient_goes_through_the_plain_engine(interpreted):
    assert interpreted["second"] < 1e-5


@needs_triton
@pytest.mark.parametrize("name", WHOLE_NETWORKS)
def test_interpreted_kernels_agree_with_the_plain_engine_on_our_networks(name, interpreted):
    assert interpreted[name] < 1e-4


def test_where_the_kernels_do_not_work_a_line_says_so_and_the_plain_engine_is_used(caplog):
    settings = FieldSettings(network="siren", width=16, depth=1)
    cpu = torch.device("cpu")
    assert not triton_network._agrees(NETWORKS["siren"], settings, (3, 16, 1), 0, "float32", cpu)
    assert "plain torch is used" in caplog.text


@needs_triton
@pytest.mark.parametrize("case", CASES, ids=str)
def test_interpreted_kernels_give_the_values_and_gradients_of_float64_autograd(case, interpreted):
    assert max(interpreted[str(case)]) < case.tolerance


# -- without a GPU: plans and compilation ------------------------------------------------------------------------------
def test_the_cases_reach_every_way_through_the_kernels():
    plans = [plan_for(case.activation, case.omegas, case.sizes, case.order, case.precision) for case in CASES]
    for name in ("in_registers", "sums_in_registers", "narrow", "half"):
        assert {getattr(plan, name) for plan in plans} == {True, False}, name
    assert min(plan.tiles for plan in plans) == min(plan.c_tiles for plan in plans) == 1
    assert max(plan.tiles for plan in plans) > 1 and max(plan.c_tiles for plan in plans) > 1


@needs_triton
def test_the_kernels_compile_for_an_h100_and_fit_its_shared_memory(tmp_path):
    found = printed_by_this_file("compile", {"TRITON_CACHE_DIR": str(tmp_path)})
    for case in COMPILED:
        names, shared, matrix_units = zip(*found[str(case)], strict=True)
        assert {"forward_kernel", "backward_kernel"} <= set(names)
        assert max(shared) <= SHARED_BYTES_OF_H100
        assert set(matrix_units) == {case.precision != "ieee"}


def test_it_does_not_run_without_a_gpu():
    points = torch.zeros(5, 3)
    assert not triton_engine.can_run("sine", (30.0,), (3, 64, 1), Jet(points, None, None))


# -- on a GPU ----------------------------------------------------------------------------------------------------------
@needs_gpu
@needs_triton
@pytest.mark.parametrize("case", CASES, ids=str)
def test_kernels_on_the_gpu_give_the_values_and_gradients_of_float64_autograd(case):
    assert max(errors_of(case, "cuda")) < case.tolerance


@needs_gpu
@needs_triton
@pytest.mark.parametrize("name", WHOLE_NETWORKS)
def test_our_networks_use_the_kernels_on_the_gpu(name):
    network = NETWORKS[name](FieldSettings(network=name, width=64), 3, 1, None).cuda()
    assert triton_network.can_run(network, Jet(torch.rand(100, 3, device="cuda"), None, None))
    assert sample_error_of(name, "cuda") < 1e-3
    assert second_gradient_error("cuda") < 1e-4
    assert sine_error("cuda") < 1


@needs_gpu
@needs_triton
@pytest.mark.parametrize("precision", TOLERANCES)
def test_the_same_input_gives_the_same_bits_on_the_gpu(precision):
    case = Case(order=1, precision=precision, count=5000, width=128, depth=3)
    layers, jet, cotangents = inputs_of(case, "cuda")
    results = []
    for _ in range(3):
        out = triton_engine.run(case.activation, case.omegas, layers, jet, precision)
        results.append([out.value, out.first, *gradients_of(out, cotangents, layers, jet)])
    for again in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], again, strict=True))


def steps_of_a_fit(device, use_graph, count=12):
    """Losses and the last weights of a small fit with random points and a falling learning rate."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1)).to(device)
    rate = torch.tensor(1e-2, device=device)
    on_gpu = device.type == "cuda"
    optimizer = torch.optim.Adam(network.parameters(), rate if on_gpu else 1e-2, capturable=on_gpu)
    generator = torch.Generator(device).manual_seed(1)

    def step():
        optimizer.zero_grad(set_to_none=True)
        points = torch.rand(64, 3, device=device, generator=generator)
        loss = (network(points) - points.prod(1, keepdim=True)).square().mean()
        loss.backward()
        optimizer.step()
        return {"data": loss}

    call = graphed(step, device, generator) if use_graph else step
    losses = []
    for _ in range(count):
        rate.mul_(0.9)
        losses.append(call()["data"].detach().clone())
    assert getattr(call, "captured", False) == use_graph
    return torch.stack(losses), network[0].weight.detach()


def test_without_a_gpu_a_step_stays_as_it_is():
    def step():
        return {}

    assert graphed(step, torch.device("cpu"), torch.Generator()) is step


def test_the_benchmark_has_no_rows_without_a_gpu():
    assert not list(gpu.rows(torch.device("cpu"), (64,), (3,), (1024,)))


@needs_gpu
def test_a_graph_gives_the_steps_that_single_calls_give():
    device = torch.device("cuda")
    one_by_one, graph = steps_of_a_fit(device, False), steps_of_a_fit(device, True)
    assert len(set(graph[0].tolist())) == len(graph[0])  # fresh points in every step
    torch.testing.assert_close(graph[0], one_by_one[0], rtol=1e-5, atol=0)
    torch.testing.assert_close(graph[1], one_by_one[1], rtol=1e-5, atol=1e-7)
