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
from .triton_tiles import gradient_sum, hidden_tile, input_jet, keep, kept, products, store


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


@triton.jit
def _no_sums(depth: tl.constexpr, tile: tl.constexpr, c_tile: tl.constexpr, d_tile: tl.constexpr):
    """Zeros for the sums of the gradients, from the last layer to the first: of the weights, of the hidden biases."""
    sums, bias_sums = (tl.zeros((tile, d_tile), tl.float32),), ()
    for _ in tl.static_range(depth - 1):
        sums = sums + (tl.zeros((tile, tile), tl.float32),)
    for _ in tl.static_range(depth):
        bias_sums = bias_sums + (tl.zeros((tile, 16), tl.float32),)
    return sums + (tl.zeros((tile, c_tile), tl.float32),), bias_sums


@triton.jit
def _store_sums(
    sums_ptr, bias_sums_ptr, sums, bias_sums, depth: tl.constexpr, tile: tl.constexpr, c_tile: tl.constexpr,
    d_tile: tl.constexpr,
):  # fmt: skip
    """Writes a program's sums into (programs, depth + 1, tile, tile) and (programs, depth, tile, 16)."""
    program = tl.program_id(0)
    m, same = tl.arange(0, tile)[:, None], tl.arange(0, 16)[None, :]
    for i in tl.static_range(depth + 1):
        columns = tl.arange(0, d_tile if i == 0 else c_tile if i == depth else tile)
        tl.store(sums_ptr + (program * (depth + 1) + i) * (tile * tile) + m * tile + columns[None, :], sums[i])
    for i in tl.static_range(depth):
        tl.store(bias_sums_ptr + (program * depth + i) * (tile * 16) + m * 16 + same, bias_sums[i])


@triton.jit(do_not_specialize=["count"])
def forward_kernel(
    x_ptr, first_ptr, hidden_ptr, last_ptr, bias_ptr, last_bias_ptr, out_ptr, count,
    activation: tl.constexpr, omegas: tl.constexpr, order: tl.constexpr, tangents: tl.constexpr,
    depth: tl.constexpr, channels: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr,
    tile: tl.constexpr, tiles: tl.constexpr, outputs: tl.constexpr, d_tile: tl.constexpr, block: tl.constexpr,
    first_precision: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Writes the output jet (tangents, count, outputs) of one block of points."""
    row0 = tl.program_id(0).to(tl.int64) * block
    width: tl.constexpr = tile * tiles
    hs = input_jet(x_ptr, row0, count, channels, c_tile, c_tiles, block, tangents)
    for layer in tl.static_range(depth):
        now = ()
        for m in tl.static_range(tiles):
            ys = hidden_tile(
                hs, first_ptr, hidden_ptr, bias_ptr, layer, m, c_tile, c_tiles, tile, tiles, block, tangents,
                first_precision, precision,
            )  # fmt: skip
            now = now + activate(ys, omegas[layer], activation, order)
        hs = now
    outs = products(hs, last_ptr, 0, 1, width, tile, tiles, d_tile, block, tangents, precision)
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
    gradient_ptr, x_ptr, first_ptr, hidden_ptr, last_ptr, bias_ptr, acts_ptr, deltas_ptr, kept_ptr, sums_ptr,
    bias_sums_ptr, x_gradient_ptr, count, activation: tl.constexpr, omegas: tl.constexpr, order: tl.constexpr,
    tangents: tl.constexpr, depth: tl.constexpr, channels: tl.constexpr, c_tile: tl.constexpr, c_tiles: tl.constexpr,
    tile: tl.constexpr, tiles: tl.constexpr, outputs: tl.constexpr, d_tile: tl.constexpr, block: tl.constexpr,
    first_precision: tl.constexpr, precision: tl.constexpr, in_registers: tl.constexpr,
    sums_in_registers: tl.constexpr, of_inputs: tl.constexpr,
):  # fmt: skip
    """Computes the forward pass anew and goes back through it: writes activations and gradients by pre-activations of
    all layers (for `weight_gradient_kernel`) or, with `sums_in_registers` (order 0, one tile a layer), the sums of the
    parameters' gradients over the program's points; with `of_inputs` the gradient by the input jet. The pre-activations
    stay in registers or, where they are too many, in a scratch of the program's own that stays in the cache."""
    width: tl.constexpr = tile * tiles
    c_pad: tl.constexpr = c_tile * c_tiles
    n: tl.constexpr = tiles * tangents
    scratch = kept_ptr + tl.program_id(0).to(tl.int64) * (depth * n * block * tile)
    sums, bias_sums = (), ()
    if sums_in_registers:
        sums, bias_sums = _no_sums(depth, tile, c_tile, d_tile)
    # One stage: prefetching the next weights would take several times the shared memory there is.
    for start in tl.range(tl.program_id(0) * block, count, tl.num_programs(0) * block, num_stages=1):
        row0 = tl.cast(start, tl.int64)
        if sums_in_registers:
            tl.debug_barrier()  # without a store in the loop, the compiler would hold all weights in registers as well
        hs, all_ys = input_jet(x_ptr, row0, count, channels, c_tile, c_tiles, block, tangents), ()
        all_hs = hs
        for layer in tl.static_range(depth):
            now, before = (), ()
            for m in tl.static_range(tiles):
                ys = hidden_tile(
                    hs, first_ptr, hidden_ptr, bias_ptr, layer, m, c_tile, c_tiles, tile, tiles, block, tangents,
                    first_precision, precision,
                )  # fmt: skip
                now, before = now + activate(ys, omegas[layer], activation, order), before + ys
            hs = now
            if sums_in_registers:
                all_hs = all_hs + hs
            else:
                store(acts_ptr, hs, layer, row0, count, tile, tiles, block, tangents)
            if in_registers:
                all_ys = all_ys + before
            else:
                keep(scratch, before, layer, n, block, tile)
        if not in_registers:
            tl.debug_barrier()  # a thread may read what another wrote
        outs = input_jet(gradient_ptr, row0, count, outputs, d_tile, 1, block, tangents)
        gs = ()
        for m in tl.static_range(tiles):
            gs = gs + products(outs, last_ptr, m * tile, width, 1, d_tile, 1, tile, block, tangents, precision)
        fresh, bias_fresh = (), ()
        if sums_in_registers:
            # The narrow last matrix as its transpose: its sum then has the shape that matrix units like.
            fresh = (gradient_sum(all_hs[depth], outs[0], sums[0], last_ptr, precision),)
        for back in tl.static_range(depth):
            if in_registers:
                before = all_ys[(depth - 1 - back) * n : (depth - back) * n]
            else:
                before = kept(scratch, depth - 1 - back, n, block, tile)
            deltas = _gradients(gs, before, omegas[depth - 1 - back], activation, order, tiles, tangents)
            if sums_in_registers:
                h = all_hs[depth - 1 - back]
                fresh = fresh + (gradient_sum(deltas[0], h, sums[back + 1], last_ptr, precision),)
                # By the matrix unit too, sixteen times alike: a sum across threads would need more registers.
                ones = tl.full((block, 16), 1.0, tl.float32)
                bias_fresh = bias_fresh + (gradient_sum(deltas[0], ones, bias_sums[back], last_ptr, precision),)
            else:
                store(deltas_ptr, deltas, depth - 1 - back, row0, count, tile, tiles, block, tangents)
            gs = ()
            if back < depth - 1:
                ptr = hidden_ptr + (depth - 2 - back) * width * width
                for m in tl.static_range(tiles):
                    gs = gs + products(deltas, ptr, m * tile, width, 1, tile, tiles, tile, block, tangents, precision)
            elif of_inputs:
                rows = tl.arange(0, block)
                for m in tl.static_range(c_tiles):
                    xs = products(
                        deltas, first_ptr, m * c_tile, c_pad, 1, tile, tiles, c_tile, block, tangents, first_precision
                    )  # fmt: skip
                    columns = m * c_tile + tl.arange(0, c_tile)
                    inside = (row0 + rows < count)[:, None] & (columns < channels)[None, :]
                    for t in tl.static_range(tangents):
                        place = x_gradient_ptr + (t * count + row0) * channels
                        tl.store(place + rows[:, None] * channels + columns[None, :], xs[t], inside)
        if sums_in_registers:
            sums, bias_sums = fresh, bias_fresh
        if not in_registers:
            tl.debug_barrier()  # the next block's values must not overwrite what is still being read
    if sums_in_registers:
        _store_sums(sums_ptr, bias_sums_ptr, sums, bias_sums, depth, tile, c_tile, d_tile)


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
