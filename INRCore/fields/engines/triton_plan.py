"""How the Triton kernels cut a network: padded sizes, tiles, block of points, warps. Needs neither triton nor a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PRECISIONS = {"highest": "float32", "high": "tf32", "medium": "bfloat16"}
"""torch's own setting (`torch.set_float32_matmul_precision`) -> operands of our matrix products; sums are float32."""
ROUNDING = {"ieee": "ieee", "float32": "tf32x3", "tf32": "tf32", "bfloat16": "tf32"}
"""Precision -> Triton's name for what products do with float32 operands. 'float32' takes three TF32 products on the
matrix units for one, with errors close to float32's; 'ieee' is float32 itself, without matrix units."""
ACTIVATIONS = {"sine": 0, "finer": 1, "relu": 2}
"""Numbers of the activations in the kernels."""
NARROW = 8
"""Up to so many inputs (coordinates) the first layer keeps float32's precision, whatever that of the others."""
_TANGENTS = (1, 4, 10)
"""Vectors of a jet by its order: the value, three first and six second derivatives."""
_SMALLEST_TILE = 16  # of the matrix units
_LARGEST_TILE = {"ieee": 64, "float32": 128, "tf32": 128, "bfloat16": 128}
"""Side of the square weight tiles: they fit shared memory, and 'ieee' is unrolled into single products."""
_MOST_NUMBERS = {"ieee": (64, 64), "float32": (128, 320), "tf32": (256, 512), "bfloat16": (256, 640)}
"""Widest network and most numbers (width times vectors of the jet) a point: beyond them the compiler takes minutes and
most of what should be in registers lies in memory."""
_MOST_SUMMED = (64, 4)
"""Widest and deepest network for which the sums of the gradients stay in registers."""
_BLOCKS = ((128, 4, 128), (128, 8, 192), (64, 8, 192), (32, 8, 192), (16, 8, 1 << 30))
"""(points, warps, most numbers a thread holds), tried in this order. Chosen by the registers and spills that the
compiler reports for sm_90, not by timings."""


@dataclass(frozen=True)
class Plan:
    """Sizes that the kernels are compiled for. Widths are rounded up to powers of two: `width` = tile * tiles,
    `c_tile` * `c_tiles` inputs, `d_tile` outputs; `block` points a program at a time, `back_block` in the backward
    pass; in_registers: whether that holds the pre-activations of all layers in registers; sums_in_registers: also the
    sums of the parameters' gradients; precision: a key of `ROUNDING`."""

    activation: str
    omegas: tuple[float, ...]
    order: int
    depth: int
    channels: int
    outputs: int
    c_tile: int
    c_tiles: int
    tile: int
    tiles: int
    d_tile: int
    block: int
    warps: int
    back_block: int
    back_warps: int
    in_registers: bool
    sums_in_registers: bool
    precision: str

    @property
    def tangents(self) -> int:
        return _TANGENTS[self.order]

    @property
    def narrow(self) -> bool:
        return self.channels <= NARROW

    @property
    def width(self) -> int:
        return self.tile * self.tiles

    @property
    def c_pad(self) -> int:
        return self.c_tile * self.c_tiles

    @property
    def half(self) -> bool:
        """Whether operands, and what is stored of them, take 16 bits."""
        return self.precision == "bfloat16"

    def forward_sizes(self) -> dict[str, Any]:
        """Arguments of the forward kernel by name."""
        return {**self._sizes(), "block": self.block, "num_warps": self.warps}

    def backward_sizes(self) -> dict[str, Any]:
        """Arguments of the backward kernel by name."""
        own = {"block": self.back_block, "num_warps": self.back_warps, "in_registers": self.in_registers,
               "sums_in_registers": self.sums_in_registers}  # fmt: skip
        return {**self._sizes(), **own}

    def sum_sizes(self, outputs: int, inputs: int) -> dict[str, Any]:
        """Arguments by name of the kernel that sums the gradient of an (outputs, inputs) weight."""
        m_pad, k_pad = padded(outputs), padded(inputs)
        block, largest = (16, 64) if self.precision == "ieee" else (64 if self.half else 32, 128)
        m_tile, k_tile = min(m_pad, largest), min(k_pad, _LARGEST_TILE[self.precision])
        return {
            "tangents": self.tangents, "m_size": outputs, "k_size": inputs, "m_pad": m_pad, "k_pad": k_pad,
            "m_tile": m_tile, "k_tile": k_tile, "block": block, "half": self.half,
            "precision": ROUNDING[self.precision], "num_warps": 8 if m_tile * k_tile > 1 << 12 else 4,
        }  # fmt: skip

    def _sizes(self) -> dict[str, Any]:
        names = ("omegas", "order", "tangents", "depth", "channels", "c_tile", "c_tiles", "tile", "tiles",
                 "outputs", "d_tile")  # fmt: skip
        shared = {name: getattr(self, name) for name in names}
        precision = ROUNDING[self.precision]
        first = "tf32x3" if self.narrow and precision == "tf32" else precision
        activation = ACTIVATIONS[self.activation]
        return {**shared, "activation": activation, "precision": precision, "first_precision": first}


def plan_for(activation: str, omegas: tuple[float, ...], sizes: tuple[int, ...], order: int, precision: str) -> Plan:
    """Plan for layer sizes (inputs, hidden widths, outputs); `order` of the highest derivatives, 0 to 2."""
    width, c_pad = padded(max(sizes[1:-1])), padded(sizes[0])
    largest, tangents = _LARGEST_TILE[precision], _TANGENTS[order]
    tile, c_tile, d_tile, depth = min(width, largest), min(c_pad, largest), padded(sizes[-1]), len(sizes) - 2
    # A layer's results and, rounded, its operands.
    block, warps, _ = _block(1.5 * width * tangents, precision)
    summed = order == 0 and depth <= _MOST_SUMMED[1] and width <= _MOST_SUMMED[0] and max(c_pad, d_tile) <= width
    summed = summed and precision in ("tf32", "bfloat16")
    back, back_warps, in_registers = _back_block(width * tangents, depth, order, precision)
    if summed:
        back, back_warps, in_registers = (128, 8, True) if width == _MOST_SUMMED[0] else (64, 4, True)
    return Plan(
        activation, tuple(omegas), order, depth, sizes[0], sizes[-1], c_tile, c_pad // c_tile, tile, width // tile,
        d_tile, block, warps, back, back_warps, in_registers, summed, precision,
    )  # fmt: skip


def is_small_enough(sizes: tuple[int, ...], order: int, precision: str) -> bool:
    """Whether the kernels are worth their compilation for these layer sizes and derivatives."""
    width, (widest, most) = padded(max(sizes[1:-1])), _MOST_NUMBERS[precision]
    return width <= widest and width * _TANGENTS[order] <= most


def padded(size: int) -> int:
    """The next power of two that the matrix units take."""
    return max(_SMALLEST_TILE, 1 << (size - 1).bit_length())


def _back_block(numbers: int, depth: int, order: int, precision: str) -> tuple[int, int, bool]:
    """As `_block` for the backward pass of a layer's jet of so many numbers a point: with the gradients and, where they
    fit, the pre-activations of all layers. With derivatives, more than 32 points at a time spill ten times as much."""
    with_all = _block((depth + 2) * numbers, precision)
    return with_all if with_all[2] else (*_block(2.5 * numbers, precision, 32 if order else 128)[:2], False)


def _block(numbers_per_point: float, precision: str, most_points: int = 128) -> tuple[int, int, bool]:
    """(points, warps, whether a thread's numbers fit its registers with the largest block)."""
    if precision == "ieee":
        return _SMALLEST_TILE, 4 if numbers_per_point <= 512 else 8, numbers_per_point <= 512
    for points, warps, most in _BLOCKS:
        if points <= most_points and numbers_per_point * points <= most * 32 * warps:
            break
    return points, warps, points == _BLOCKS[0][0]
