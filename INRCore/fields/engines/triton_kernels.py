"""Triton kernels of a whole multilayer perceptron: one forward, one backward, and the weights' gradients.

A program takes a block of points through all layers; activations stay in registers, cut into tiles of `tile` columns
(an activation is a tuple of `tiles * tangents` tiles, ordered tile by tile). All widths are padded with zeros in the
packed weights, which stay zero through every activation here and back. `tangents` is 1, 4 or 10: the vectors of a jet
of `order` 0, 1 or 2. The layout of all arrays is written in `triton_engine`. This file needs triton.

The way of the fully fused network of Mueller et al., ACM TOG 40(4), 2021, sec. 4, with the forward pass computed anew
in the backward one instead of stored, and weight gradients from sums per part of the points in a fixed order.
"""

# ruff: noqa: RUF005 - Triton has no starred tuples
# mypy: ignore-errors
# Kernels are compiled by Triton, which has types of its own.

from __future__ import annotations

import triton
import triton.language as tl

from .triton_activations import activate, activate_backward


@triton.jit
def _weights(ptr, k0, m0, k_step: tl.constexpr, m_step: tl.constexpr, k_tile: tl.constexpr, m_tile: tl.constexpr):
    """(k_tile, m_tile) of a weight matrix, or of its transpose, by the strides given."""
    k, m = k0 + tl.arange(0, k_tile), m0 + tl.arange(0, m_tile)
    return tl.load(ptr + k[:, None] * k_step + m[None, :] * m_step)


@triton.jit
def _products(
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
def _inputs(
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
def _input_jet(
    x_ptr, row0, count, channels: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr, block: tl.constexpr,
    tangents: tl.constexpr,
):  # fmt: skip
    """All vectors of the input jet in the order that `_products` takes."""
    by_vector = ()
    for t in tl.static_range(tangents):
        by_vector = by_vector + _inputs(x_ptr, row0, count, t, channels, c_tile, c_tiles, block)
    jet = ()
    for k in tl.static_range(c_tiles):
        for t in tl.static_range(tangents):
            jet = jet + (by_vector[t * c_tiles + k],)
    return jet


@triton.jit
def _narrow_products(
    x_ptr, first_ptr, row0, count, m0, channels: tl.constexpr, c_pad: tl.constexpr, m_tile: tl.constexpr,
    block: tl.constexpr, tangents: tl.constexpr,
):  # fmt: skip
    """As `_products` for few inputs (coordinates), in float32: no matrix unit, no rounded coordinates."""
    rows, m = tl.arange(0, block), m0 + tl.arange(0, m_tile)
    ys = ()
    for t in tl.static_range(tangents):
        y = tl.zeros((block, m_tile), tl.float32)
        for c in tl.static_range(channels):
            x = tl.load(x_ptr + (t * count + row0) * channels + rows * channels + c, row0 + rows < count, 0.0)
            y = tl.fma(x[:, None], tl.load(first_ptr + m * c_pad + c)[None, :], y)
        ys = ys + (y,)
    return ys


@triton.jit
def _hidden_tile(
    hs, x_ptr, first_ptr, hidden_ptr, bias_ptr, row0, count, layer: tl.constexpr, m: tl.constexpr,
    channels: tl.constexpr, narrow: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr, tile: tl.constexpr,
    tiles: tl.constexpr, block: tl.constexpr, tangents: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Jet of layer `layer` before its activation, tile m of its columns, from all of the layer before."""
    width: tl.constexpr = tile * tiles
    c_pad: tl.constexpr = c_tile * c_tiles
    if layer > 0:
        ptr = hidden_ptr + (layer - 1) * width * width
        ys = _products(hs, ptr, m * tile, 1, width, tile, tiles, tile, block, tangents, precision)
    elif narrow:
        ys = _narrow_products(x_ptr, first_ptr, row0, count, m * tile, channels, c_pad, tile, block, tangents)
    else:
        xs = _input_jet(x_ptr, row0, count, channels, c_tile, c_tiles, block, tangents)
        ys = _products(xs, first_ptr, m * tile, 1, c_pad, c_tile, c_tiles, tile, block, tangents, precision)
    bias = tl.load(bias_ptr + layer * width + m * tile + tl.arange(0, tile))
    return (ys[0] + bias[None, :],) + ys[1:]


@triton.jit
def _store(
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
def _keep(ptr, ys, layer: tl.constexpr, n: tl.constexpr, block: tl.constexpr, tile: tl.constexpr):
    """Writes the n tiles of a layer into this program's own (layers, n, block, tile)."""
    place = tl.arange(0, block)[:, None] * tile + tl.arange(0, tile)[None, :]
    for i in tl.static_range(n):
        tl.store(ptr + (layer * n + i) * (block * tile) + place, ys[i])


@triton.jit
def _kept(ptr, layer: tl.constexpr, n: tl.constexpr, block: tl.constexpr, tile: tl.constexpr):
    """Reads what `_keep` wrote."""
    place = tl.arange(0, block)[:, None] * tile + tl.arange(0, tile)[None, :]
    ys = ()
    for i in tl.static_range(n):
        ys = ys + (tl.load(ptr + (layer * n + i) * (block * tile) + place),)
    return ys


@triton.jit
def _gradients(
    gs, ys, omega: tl.constexpr, activation: tl.constexpr, order: tl.constexpr, tiles: tl.constexpr,
    tangents: tl.constexpr,
):  # fmt: skip
    """Gradients by the pre-activations `ys` of a layer from the gradients by its activations, all tiles."""
    deltas = ()
    for m in tl.static_range(tiles):
        g, y = gs[m * tangents : (m + 1) * tangents], ys[m * tangents : (m + 1) * tangents]
        deltas = deltas + activate_backward(g, y, omega, activation, order)
    return deltas


@triton.jit(do_not_specialize=["count"])
def forward_kernel(
    x_ptr, first_ptr, hidden_ptr, last_ptr, bias_ptr, last_bias_ptr, out_ptr, count,
    activation: tl.constexpr, omegas: tl.constexpr, order: tl.constexpr, tangents: tl.constexpr,
    depth: tl.constexpr, channels: tl.constexpr, narrow: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr,
    tile: tl.constexpr, tiles: tl.constexpr, outputs: tl.constexpr, d_tile: tl.constexpr, block: tl.constexpr,
    precision: tl.constexpr,
):  # fmt: skip
    """Writes the output jet (tangents, count, outputs) of one block of points."""
    row0 = tl.program_id(0).to(tl.int64) * block
    width: tl.constexpr = tile * tiles
    hs = ()
    for layer in tl.static_range(depth):
        now = ()
        for m in tl.static_range(tiles):
            ys = _hidden_tile(
                hs, x_ptr, first_ptr, hidden_ptr, bias_ptr, row0, count, layer, m, channels, narrow, c_tile, c_tiles,
                tile, tiles, block, tangents, precision,
            )  # fmt: skip
            now = now + activate(ys, omegas[layer], activation, order)
        hs = now
    outs = _products(hs, last_ptr, 0, 1, width, tile, tiles, d_tile, block, tangents, precision)
    rows, d = tl.arange(0, block), tl.arange(0, d_tile)
    inside = (row0 + rows < count)[:, None] & (d < outputs)[None, :]
    for t in tl.static_range(tangents):
        out = outs[t]
        if t == 0:
            out += tl.load(last_bias_ptr + d)[None, :]
        place = out_ptr + (t * count + row0) * outputs + rows[:, None] * outputs + d[None, :]
        tl.store(place, out, inside)


@triton.jit(do_not_specialize=["count"])
def backward_kernel(
    gradient_ptr, x_ptr, first_ptr, hidden_ptr, last_ptr, bias_ptr, acts_ptr, deltas_ptr, kept_ptr, x_gradient_ptr,
    count, activation: tl.constexpr, omegas: tl.constexpr, order: tl.constexpr, tangents: tl.constexpr,
    depth: tl.constexpr, channels: tl.constexpr, narrow: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr,
    tile: tl.constexpr, tiles: tl.constexpr, outputs: tl.constexpr, d_tile: tl.constexpr, block: tl.constexpr,
    precision: tl.constexpr, in_registers: tl.constexpr, of_inputs: tl.constexpr,
):  # fmt: skip
    """Computes the forward pass anew and goes back through it: writes activations and gradients by pre-activations of
    all layers (for `weight_gradient_kernel`) and, with `of_inputs`, the gradient by the input jet. The pre-activations
    stay in registers or, where they are too many, in a scratch of the program's own that stays in the cache."""
    width: tl.constexpr = tile * tiles
    c_pad: tl.constexpr = c_tile * c_tiles
    n: tl.constexpr = tiles * tangents
    scratch = kept_ptr + tl.program_id(0).to(tl.int64) * (depth * n * block * tile)
    # One stage: prefetching the next weights would take several times the shared memory there is.
    for start in tl.range(tl.program_id(0) * block, count, tl.num_programs(0) * block, num_stages=1):
        row0 = tl.cast(start, tl.int64)
        hs, all_ys = (), ()
        for layer in tl.static_range(depth):
            now, before = (), ()
            for m in tl.static_range(tiles):
                ys = _hidden_tile(
                    hs, x_ptr, first_ptr, hidden_ptr, bias_ptr, row0, count, layer, m, channels, narrow, c_tile,
                    c_tiles, tile, tiles, block, tangents, precision,
                )  # fmt: skip
                now, before = now + activate(ys, omegas[layer], activation, order), before + ys
            hs = now
            _store(acts_ptr, hs, layer, row0, count, tile, tiles, block, tangents)
            if in_registers:
                all_ys = all_ys + before
            else:
                _keep(scratch, before, layer, n, block, tile)
        if not in_registers:
            tl.debug_barrier()  # a thread may read what another wrote
        outs = _input_jet(gradient_ptr, row0, count, outputs, d_tile, 1, block, tangents)
        gs = ()
        for m in tl.static_range(tiles):
            gs = gs + _products(outs, last_ptr, m * tile, width, 1, d_tile, 1, tile, block, tangents, precision)
        for back in tl.static_range(depth):
            if in_registers:
                before = all_ys[(depth - 1 - back) * n : (depth - back) * n]
            else:
                before = _kept(scratch, depth - 1 - back, n, block, tile)
            deltas = _gradients(gs, before, omegas[depth - 1 - back], activation, order, tiles, tangents)
            _store(deltas_ptr, deltas, depth - 1 - back, row0, count, tile, tiles, block, tangents)
            gs = ()
            if back < depth - 1:
                ptr = hidden_ptr + (depth - 2 - back) * width * width
                for m in tl.static_range(tiles):
                    gs = gs + _products(deltas, ptr, m * tile, width, 1, tile, tiles, tile, block, tangents, precision)
            elif of_inputs:
                rows = tl.arange(0, block)
                for m in tl.static_range(c_tiles):
                    xs = _products(
                        deltas, first_ptr, m * c_tile, c_pad, 1, tile, tiles, c_tile, block, tangents, precision
                    )
                    columns = m * c_tile + tl.arange(0, c_tile)
                    inside = (row0 + rows < count)[:, None] & (columns < channels)[None, :]
                    for t in tl.static_range(tangents):
                        place = x_gradient_ptr + (t * count + row0) * channels
                        tl.store(place + rows[:, None] * channels + columns[None, :], xs[t], inside)
        if not in_registers:
            tl.debug_barrier()  # the next block's values must not overwrite what is still being read


@triton.jit(do_not_specialize=["count", "rows_per_part"])
def weight_gradient_kernel(
    delta_ptr, act_ptr, weight_ptr, bias_ptr, count, rows_per_part, parts, tangents: tl.constexpr,
    m_size: tl.constexpr, k_size: tl.constexpr, m_pad: tl.constexpr, k_pad: tl.constexpr, m_tile: tl.constexpr,
    k_tile: tl.constexpr, block: tl.constexpr, half: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Sums over one part of the points of gradient^T activation and of the gradient: `weight_ptr` (layers, parts,
    m_pad, k_pad), `bias_ptr` (layers, parts, m_pad) from (layers, tangents, count, m_size or k_size)."""
    k_tiles: tl.constexpr = k_pad // k_tile
    place, part, layer = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    m = (place // k_tiles) * m_tile + tl.arange(0, m_tile)
    k = (place % k_tiles) * k_tile + tl.arange(0, k_tile)
    rows = tl.arange(0, block)
    first = part * rows_per_part
    stop = tl.minimum(first + rows_per_part, count)
    operand: tl.constexpr = tl.bfloat16 if half else tl.float32
    weight = tl.zeros((m_tile, k_tile), tl.float32)
    bias = tl.zeros((m_tile,), tl.float32)
    for t in tl.static_range(tangents):
        base = (layer * tangents + t).to(tl.int64) * count
        for row in range(first, stop, block):
            inside = (row + rows < stop)[:, None]
            delta_place = delta_ptr + (base + row) * m_size + rows[:, None] * m_size + m[None, :]
            act_place = act_ptr + (base + row) * k_size + rows[:, None] * k_size + k[None, :]
            delta = tl.load(delta_place, inside & (m < m_size)[None, :], 0.0)
            act = tl.load(act_place, inside & (k < k_size)[None, :], 0.0)
            if t == 0:
                bias += tl.sum(delta.to(tl.float32), 0)
            weight = tl.dot(tl.trans(delta.to(operand)), act.to(operand), weight, input_precision=precision)
    target = layer * parts + part
    tl.store(weight_ptr + (target * m_pad + m[:, None]) * k_pad + k[None, :], weight)
    if place % k_tiles == 0:
        tl.store(bias_ptr + target * m_pad + m, bias)
