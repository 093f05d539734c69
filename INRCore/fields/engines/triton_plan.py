"""How the Triton kernels cut a network: padded sizes, tiles, block of points, warps. Needs neither triton nor a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PRECISIONS = {"highest": "float32", "high": "tf32", "medium": "bfloat16"}
"""torch's own setting (`torch.set_float32_matmul_precision`) -> operands of our matrix products; sums are float32."""
NARROW = 8
"""Up to so many inputs (coordinates) the first layer is computed in float32 whatever the precision."""
_SMALLEST_TILE = 16  # of the matrix units
_MOST_SHARED_BYTES = 1 << 17
_REGISTER_BYTES = 3 << 15


@dataclass(frozen=True)
class Plan:
    """Sizes that the kernels are compiled for. Widths are rounded up to powers of two: `width` = tile * tiles,
    `c_tile` * `c_tiles` inputs, `d_tile` outputs; `block` points a program at a time; `precision` of `PRECISIONS`."""

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
    precision: str

    @property
    def tangents(self) -> int:
        return (1, 4, 10)[self.order]

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
    def input_precision(self) -> str:
        """Triton's name for the products' rounding of float32 operands."""
        return "ieee" if self.precision == "float32" else "tf32"

    @property
    def in_registers(self) -> bool:
        """Whether the backward pass can hold the pre-activations of all layers in registers."""
        return 4 * self.depth * self.tangents * self.width * self.block <= _REGISTER_BYTES

    def sizes(self, activation_code: int) -> dict[str, Any]:
        """Arguments by name that the forward and the backward kernel share."""
        names = ("omegas", "order", "tangents", "depth", "channels", "narrow", "c_tile", "c_tiles", "tile", "tiles",
                 "outputs", "d_tile", "block")  # fmt: skip
        shared = {name: getattr(self, name) for name in names}
        return {**shared, "activation": activation_code, "precision": self.input_precision, "num_warps": self.warps}


def plan_for(activation: str, omegas: tuple[float, ...], sizes: tuple[int, ...], order: int, precision: str) -> Plan:
    """Plan for layer sizes (inputs, hidden widths, outputs); `order` of the highest derivatives, 0 to 2."""
    width, c_pad = padded(max(sizes[1:-1])), padded(sizes[0])
    largest = _largest_tile(precision)
    tile, c_tile = min(width, largest), min(c_pad, largest)
    tangents = (1, 4, 10)[order]
    block, warps = _block(width, tangents, precision)
    return Plan(
        activation, tuple(omegas), order, len(sizes) - 2, sizes[0], sizes[-1], c_tile, c_pad // c_tile, tile,
        width // tile, padded(sizes[-1]), block, warps, precision,
    )  # fmt: skip


def padded(size: int) -> int:
    """The next power of two that the matrix units take."""
    return max(_SMALLEST_TILE, 1 << (size - 1).bit_length())


def _largest_tile(precision: str) -> int:
    """The largest square weight tile that fits shared memory beside other things; float32 without matrix units is
    unrolled into single multiplications, so its tiles stay small."""
    if precision == "float32":
        return 64
    return 256 if 256 * 256 * bytes_of_operand(precision) <= _MOST_SHARED_BYTES else 128


def bytes_of_operand(precision: str) -> int:
    return 2 if precision == "bfloat16" else 4


def _block(width: int, tangents: int, precision: str) -> tuple[int, int]:
    """(points, warps) so that one layer's jet in float32 takes at most half of a multiprocessor's registers."""
    budget = 1 << (15 if precision != "float32" else 13)
    fits = budget // (width * tangents)
    block = max(_SMALLEST_TILE, min(128, 1 << max(0, fits.bit_length() - 1)))
    return block, 8 if width * tangents * block > 1 << 13 else 4
