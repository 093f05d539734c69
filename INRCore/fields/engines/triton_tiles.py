"""What the Triton kernels do with tiles: load inputs, multiply by weights, store activations.

An activation of a block of points is a tuple of `tiles * tangents` tiles (block, tile), ordered tile by tile;
`tangents` is 1, 4 or 10, the vectors of a jet. Only `triton_kernels` imports this file: it needs triton.
"""

# mypy: ignore-errors
# ruff: noqa: RUF005 - Triton has no starred tuples
# Kernels are compiled by Triton, which has types of its own.

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _weights(ptr, k0, m0, k_step: tl.constexpr, m_step: tl.constexpr, k_tile: tl.constexpr, m_tile: tl.constexpr):
    """(k_tile, m_tile) of a weight matrix, or of its transpose, by the strides given."""
    k, m = k0 + tl.arange(0, k_tile), m0 + tl.arange(0, m_tile)
    return tl.load(ptr + k[:, None] * k_step + m[None, :] * m_step)


@triton.jit
def products(
    hs, ptr, m0, k_step: tl.constexpr, m_step: tl.constexpr, k_tile: tl.constexpr, k_tiles: tl.constexpr,
    m_tile: tl.constexpr, block: tl.constexpr, tangents: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Tuple of `tangents` tiles (block, m_tile): each vector of the jet times one tile of columns."""
    ys = ()
    for _ in tl.static_range(tangents):
        ys = ys + (tl.zeros((block, m_tile), tl.float32),)
    for k in tl.static_range(k_tiles):
        weights = _weights(ptr, k * k_tile, m0, k_step, m_step, k_tile, m_tile)
        sums = ()
        for t in tl.static_range(tangents):
            h = hs[k * tangents + t].to(weights.dtype)
            sums = sums + (tl.dot(h, weights, ys[t], input_precision=precision),)
        ys = sums
    return ys


@triton.jit
def input_tiles(
    x_ptr, row0, count, t, channels: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr, block: tl.constexpr
):
    """Tuple of `c_tiles` tiles (block, c_tile) of vector t of the input jet, zero outside it."""
    rows = tl.arange(0, block)
    tiles = ()
    for k in tl.static_range(c_tiles):
        columns = k * c_tile + tl.arange(0, c_tile)
        inside = (row0 + rows < count)[:, None] & (columns < channels)[None, :]
        start = x_ptr + (t * count + row0) * channels
        tiles = tiles + (tl.load(start + rows[:, None] * channels + columns[None, :], inside, 0.0),)
    return tiles


@triton.jit
def input_jet(
    x_ptr, row0, count, channels: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr, block: tl.constexpr,
    tangents: tl.constexpr,
):  # fmt: skip
    """All vectors of the input jet in the order that `products` takes."""
    by_vector = ()
    for t in tl.static_range(tangents):
        by_vector = by_vector + input_tiles(x_ptr, row0, count, t, channels, c_tile, c_tiles, block)
    jet = ()
    for k in tl.static_range(c_tiles):
        for t in tl.static_range(tangents):
            jet = jet + (by_vector[t * c_tiles + k],)
    return jet


@triton.jit
def hidden_tile(
    hs, first_ptr, hidden_ptr, bias_ptr, layer: tl.constexpr, m: tl.constexpr, c_tile: tl.constexpr,
    c_tiles: tl.constexpr, tile: tl.constexpr, tiles: tl.constexpr, block: tl.constexpr, tangents: tl.constexpr,
    first_precision: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Jet of layer `layer` before its activation, tile m of its columns, from all of the layer before."""
    width: tl.constexpr = tile * tiles
    c_pad: tl.constexpr = c_tile * c_tiles
    if layer > 0:
        ptr = hidden_ptr + (layer - 1) * width * width
        ys = products(hs, ptr, m * tile, 1, width, tile, tiles, tile, block, tangents, precision)
    else:
        ys = products(hs, first_ptr, m * tile, 1, c_pad, c_tile, c_tiles, tile, block, tangents, first_precision)
    bias = tl.load(bias_ptr + layer * width + m * tile + tl.arange(0, tile))
    return (ys[0] + bias[None, :],) + ys[1:]


@triton.jit
def store(
    ptr, tiles_of_layer, layer: tl.constexpr, row0, count, tile: tl.constexpr, tiles: tl.constexpr,
    block: tl.constexpr, tangents: tl.constexpr,
):  # fmt: skip
    """Writes an activation into (layers, tangents, count, width)."""
    rows, columns = tl.arange(0, block), tl.arange(0, tile)
    for m in tl.static_range(tiles):
        for t in tl.static_range(tangents):
            start = ptr + ((layer * tangents + t) * count + row0) * (tile * tiles) + m * tile
            place = start + rows[:, None] * (tile * tiles) + columns[None, :]
            tl.store(place, tiles_of_layer[m * tangents + t].to(ptr.dtype.element_ty), (row0 + rows < count)[:, None])


@triton.jit
def keep(ptr, ys, layer: tl.constexpr, n: tl.constexpr, block: tl.constexpr, tile: tl.constexpr):
    """Writes the n tiles of a layer into this program's own (layers, n, block, tile)."""
    place = tl.arange(0, block)[:, None] * tile + tl.arange(0, tile)[None, :]
    for i in tl.static_range(n):
        tl.store(ptr + (layer * n + i) * (block * tile) + place, ys[i])


@triton.jit
def kept(ptr, layer: tl.constexpr, n: tl.constexpr, block: tl.constexpr, tile: tl.constexpr):
    """Reads what `keep` wrote."""
    place = tl.arange(0, block)[:, None] * tile + tl.arange(0, tile)[None, :]
    ys = ()
    for i in tl.static_range(n):
        ys = ys + (tl.load(ptr + (layer * n + i) * (block * tile) + place),)
    return ys


@triton.jit
def gradient_sum(left, right, total, operand_ptr, precision: tl.constexpr):
    """total + left^T right over the points, operands rounded to what `operand_ptr` points to."""
    operand: tl.constexpr = operand_ptr.dtype.element_ty
    return tl.dot(tl.trans(left.to(operand)), right.to(operand), total, input_precision=precision)
