"""Networks of all kinds for the Triton engine, and how far its kernels are from float64 autograd.

Triton's interpreter must be chosen before triton is imported, so it runs in a process of its own:
`python Testing/triton_cases.py interpret` does all cases and prints their errors as JSON. It rounds the operands of
products as the matrix units do, which Triton's own interpreter does not. `... compile` compiles them for an H100.
"""

import itertools
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from INRCore.fields import FieldSettings
from INRCore.fields.engines import plain, triton_engine, triton_network
from INRCore.fields.jets import PAIRS, Jet
from INRCore.fields.networks import NETWORKS

TOLERANCES = {"ieee": 3e-6, "float32": 3e-6, "tf32": 6e-3, "bfloat16": 3e-2}
"""Largest |ours - float64| / |float64| over outputs and gradients of smooth activations."""
RELU_TOLERANCES = {"ieee": 3e-6, "float32": 3e-6, "tf32": 2e-2, "bfloat16": 0.15}
"""ReLU's derivative jumps, and rounding takes some activations to the other side."""


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
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]),
        "OMP_NUM_THREADS": "1",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, __file__, what], env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


# -- more than one call ------------------------------------------------------------------------------------------------
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


# -- compilation -------------------------------------------------------------------------------------------------------
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


if __name__ == "__main__":
    compile_for_an_h100() if sys.argv[1] == "compile" else interpret()
