"""The Triton engine: kernels against float64 autograd in Triton's interpreter, compiled for an H100, and on a real GPU.

No GPU is needed for the first two. The interpreter must be chosen before triton is imported, so it runs in a process of
its own: `python Testing/test_gpu_engine.py interpret` does all cases and prints their errors as JSON. It rounds the
operands of products as the matrix units do, which Triton's own interpreter does not.
"""

import itertools
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from INRCore.fields import FieldSettings
from INRCore.fields.engines import plain, triton_engine, triton_network
from INRCore.fields.engines.triton_plan import plan_for
from INRCore.fields.jets import PAIRS, Jet
from INRCore.fields.networks import NETWORKS
from INRCore.fitting.cuda_graph import graphed
from Testing.benchmarks.engine import gpu

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
TOLERANCES = {"ieee": 3e-6, "float32": 3e-6, "tf32": 6e-3, "bfloat16": 3e-2}
"""Largest |ours - float64| / |float64| over outputs and gradients of smooth activations."""
RELU_TOLERANCES = {"ieee": 3e-6, "float32": 3e-6, "tf32": 2e-2, "bfloat16": 0.15}
"""ReLU's derivative jumps, and rounding takes some activations to the other side."""
SHARED_BYTES_OF_H100 = 232448


@dataclass(frozen=True)
class Case:
    """A network, the order of its input jet's derivatives, how products round and the number of points."""

    activation: str = "sine"
    order: int = 0
    precision: str = "float32"
    count: int = 21
    inputs: int = 3
    width: int = 24
    depth: int = 2
    outputs: int = 2

    def __str__(self):
        return "-".join(str(value) for value in asdict(self).values())

    @property
    def sizes(self):
        return (self.inputs, *[self.width] * self.depth, self.outputs)

    @property
    def omegas(self):
        return tuple(4.0 + layer for layer in range(self.depth))

    @property
    def tolerance(self):
        return (RELU_TOLERANCES if self.activation == "relu" else TOLERANCES)[self.precision]


ALL_KINDS = [Case(a, o, p) for a in ("sine", "finer") for o in (0, 1, 2) for p in ("float32", "bfloat16")]
ALL_KINDS += [Case("relu", o, p, count=75) for o in (0, 1, 2) for p in ("float32", "bfloat16")]
TF32 = [Case(order=1, precision="tf32"), Case("finer", precision="tf32"), Case("relu", 2, "tf32")]
ODD_SIZES = [
    Case(count=1),
    Case(order=1, count=1, precision="bfloat16"),
    Case(count=700, width=16, outputs=1),  # several blocks a program, several parts of the sums
    Case(count=700, width=16, precision="bfloat16"),  # sums in registers over several blocks
    Case(count=300, width=64, depth=1, precision="tf32", outputs=5),
    Case(order=1, count=300, width=16, depth=1),
    Case(count=5, width=200, outputs=17),  # two tiles a layer
    Case(order=1, count=5, width=200, inputs=20, precision="ieee"),
    Case(order=1, count=9, inputs=130, width=40),  # two tiles of inputs
    Case(count=33, inputs=256, width=64, precision="bfloat16"),
    Case(order=1, count=7, inputs=1, depth=8, width=17),
    Case(order=2, count=40, depth=3, width=64, outputs=3),  # pre-activations too many for registers
    Case(count=600, depth=8, width=64, precision="ieee"),
]
CASES = ALL_KINDS + TF32 + ODD_SIZES
WHOLE_NETWORKS = ("siren", "finer", "relu")


# -- one case: our result, the reference and their distance ------------------------------------------------------------
def inputs_of(case, device="cpu"):
    """Layers, input jet and the cotangents of the output jet, all float32. With derivatives of an odd number of inputs
    the first ones are the same at all points."""
    generator = torch.Generator().manual_seed(5)

    def normal(*shape):
        return torch.randn(*shape, generator=generator).to(device).requires_grad_()

    pairs = itertools.pairwise(case.sizes)
    layers = [(normal(m, n).detach().div(n**0.5).requires_grad_(), normal(m)) for n, m in pairs]
    rows = 1 if case.inputs % 2 else case.count
    first = normal(3, rows, case.inputs) if case.order else None
    second = normal(6, case.count, case.inputs) if case.order == 2 else None
    parts = (1, 3, 6)[: case.order + 1]
    cotangents = [normal(n, case.count, case.outputs).detach().squeeze(0) for n in parts]
    return layers, Jet(normal(case.count, case.inputs), first, second), cotangents


def reference_jet(case, layers, jet):
    """The jet by differentiating the network along x0 + sum first_a p_a + sum second_ab p_a p_b (/ 2 for a = b)."""

    def phase(y, omega):
        return y + y.abs() * y / omega if case.activation == "finer" else y

    def network(x):
        for omega, (weight, bias) in zip(case.omegas, layers[:-1], strict=True):
            y = x @ weight.T + bias
            x = torch.relu(y) if case.activation == "relu" else torch.sin(phase(y, omega))
        return x @ layers[-1][0].T + layers[-1][1]

    if case.order == 0:
        return Jet(network(jet.value), None, None)
    first = jet.first.expand(-1, case.count, -1).transpose(0, 1)
    second = torch.zeros(case.count, 6, case.inputs).to(first) if jet.second is None else jet.second.transpose(0, 1)

    def along(p, x0, x1, x2):
        products = torch.stack([p[a] * p[b] * (0.5 if a == b else 1.0) for a, b in PAIRS])
        return network(x0 + p @ x1 + products @ x2)

    origin = jet.value.new_zeros(3)
    slope = torch.func.jacfwd(along)
    of_all = torch.func.vmap(slope, (None, 0, 0, 0))(origin, jet.value, first, second).permute(2, 0, 1)
    if case.order == 1:
        return Jet(network(jet.value), of_all, None)
    bend = torch.func.vmap(torch.func.jacfwd(slope), (None, 0, 0, 0))(origin, jet.value, first, second)
    return Jet(network(jet.value), of_all, torch.stack([bend[:, :, a, b] for a, b in PAIRS]))


def gradients_of(out, cotangents, layers, jet):
    """Gradients by all parameters and the input jet of the outputs' product with the cotangents."""
    total = sum((o * c).sum() for o, c in zip(out, cotangents, strict=False) if o is not None)
    wanted = [tensor for layer in layers for tensor in layer] + [tensor for tensor in jet if tensor is not None]
    return torch.autograd.grad(total, wanted)


def errors_of(case, device="cpu"):
    """Relative errors of outputs and gradients against float64."""
    layers, jet, cotangents = inputs_of(case, device)
    ours = triton_engine.run(case.activation, case.omegas, layers, jet, case.precision)
    exact_layers = [tuple(t.detach().double().requires_grad_() for t in layer) for layer in layers]
    exact_jet = Jet(*(None if t is None else t.detach().double().requires_grad_() for t in jet))
    exact = reference_jet(case, exact_layers, exact_jet)
    found = [o for o in ours if o is not None] + list(gradients_of(ours, cotangents, layers, jet))
    expected = [o for o in exact if o is not None]
    assert [o.shape for o in expected] == [o.shape for o in ours if o is not None]
    expected += gradients_of(exact, [c.double() for c in cotangents], exact_layers, exact_jet)
    return [((f.double() - e).norm() / e.norm()).item() for f, e in zip(found, expected, strict=True)]


# -- Triton's interpreter ----------------------------------------------------------------------------------------------
def round_operands_in_the_interpreter():
    """bfloat16 is stored as whole numbers there, and TF32 (10 bits of mantissa) is not rounded."""
    from triton._C.libtriton import ir
    from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

    def operand(handle, precision):
        if handle.data.dtype == np.uint16:
            return (handle.data.astype(np.uint32) << 16).view(np.float32)
        if precision == ir.INPUT_PRECISION.TF32:
            return (handle.data.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)
        return handle.data

    def create_dot(self, a, b, d, precision, _):
        return TensorHandle(operand(a, precision) @ operand(b, precision) + d.data, d.dtype.scalar)

    InterpreterBuilder.create_dot = create_dot


def interpret():
    """Prints the errors of all cases."""
    round_operands_in_the_interpreter()
    errors = {str(case): errors_of(case) for case in CASES}
    for name in WHOLE_NETWORKS:
        errors[name] = sample_error_of(name)
    errors["second"] = second_gradient_error()
    errors["sine"] = sine_error()
    print(json.dumps(errors))


def printed_by_this_file(what, environment):
    """The JSON that this file prints as a program."""
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(
        [sys.executable, __file__, what], env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def interpreted():
    """Errors of all cases by name."""
    return printed_by_this_file("interpret", {"TRITON_INTERPRET": "1"})


def sample_error_of(name, device="cpu"):
    """What decides about kernels on a machine: the error for a network of ours."""
    settings = FieldSettings(network=name, width=20, depth=2)
    return triton_network.sample_error(NETWORKS[name], settings, (3, 20, 20, 2), 1, torch.device(device))


def second_gradient_error(device="cpu"):
    """Of the gradient of a loss on the gradient by the points, with which autograd goes twice through the network."""
    network = NETWORKS["siren"](FieldSettings(width=16, depth=2), 3, 1, torch.Generator().manual_seed(0)).to(device)
    points = torch.rand(30, 3, generator=torch.Generator().manual_seed(1)).to(device)

    def gradient(engine, network, points):
        points = points.clone().requires_grad_()
        out = engine.run(network, Jet(points, None, None)).value
        (slope,) = torch.autograd.grad(out.sum(), points, create_graph=True)
        wanted = [p for p in network.parameters() if p is not network.linears[-1].bias]
        return torch.cat([g.flatten() for g in torch.autograd.grad(slope.square().sum(), wanted)])

    ours = gradient(triton_network, network, points)
    exact = gradient(plain, network.double(), points.double())
    return float((ours - exact).norm() / exact.norm())


def sine_error(device="cpu"):
    """Of the kernels' sine and cosine up to 3000 rad, largest, as a share of what they promise."""
    y = torch.linspace(-3000, 3000, 1000).to(device)
    one = torch.eye(16, device=device)[:, :1]
    layers = [(one, torch.zeros_like(one[:, 0])), (one.t(), torch.zeros_like(one[0]))]
    along_x = torch.ones(3, 1, 1, device=device)
    out = triton_engine.run("sine", (1.0,), layers, Jet(y[:, None], along_x, None), "ieee")
    assert out.first is not None
    errors = torch.stack([out.value[:, 0] - y.double().sin(), out.first[0, :, 0] - y.double().cos()]).abs()
    return float((errors / (1e-7 + 2e-8 * y.abs())).max())


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


COMPILED = [
    Case(precision="bfloat16", width=64), Case("relu", 1, "tf32", width=16, depth=1),
    Case("finer", 2, "bfloat16", width=16, depth=1), Case(precision="ieee", width=16, inputs=20),
]  # fmt: skip


def compile_for_an_h100():
    """Prints [kernel, bytes of shared memory, whether it uses matrix units] of all kernels that a step of each case
    starts; the engine runs as it is, but nothing is started."""
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver
    from triton.runtime.jit import JITFunction

    class Driver:
        get_current_target = staticmethod(lambda: GPUTarget("cuda", 90, 32))
        get_current_device = staticmethod(lambda: 0)
        get_current_stream = staticmethod(lambda device: 0)

    found, launch = {}, JITFunction.run

    def only_compile(self, *arguments, **options):
        program = launch(self, *arguments, **{**options, "warmup": True})
        found[str(case)].append([self.__name__, program.metadata.shared, "mma" in program.asm["ptx"]])

    driver.set_active(Driver())
    JITFunction.run = only_compile
    for case in COMPILED:
        found[str(case)] = []
        layers, jet, cotangents = inputs_of(case)
        gradients_of(
            triton_engine.run(case.activation, case.omegas, layers, jet, case.precision), cotangents, layers, jet
        )
    print(json.dumps(found))


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


if __name__ == "__main__":
    compile_for_an_h100() if sys.argv[1] == "compile" else interpret()
