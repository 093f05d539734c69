"""Weighted sums of table rows, the inner loop of every grid encoding, with a fast way back on a CPU."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn


def weighted_rows(table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """For each of B places K weighted sums of S rows: table (R, F), rows (B, S) int32 or int64, weights (B, K, S) to
    (B, K, F). Differentiable twice where the weights need a gradient, else once, with respect to the table."""
    if weights.requires_grad:
        return weights @ table[rows]
    return cast(Tensor, _WeightedRows.apply(table, rows, weights))


class _WeightedRows(torch.autograd.Function):
    """torch's own embedding_bag sorts all rows on its way back, which takes ten times as long as adding them up where
    they belong (44 against 3.5 ms for 4 levels of 16384 points on one core)."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(rows, weights)
        ctx.shape = table.shape
        if weights.shape[1] > 1:
            return weights @ table[rows]
        return nn.functional.embedding_bag(rows, table, mode="sum", per_sample_weights=weights[:, 0])[:, None]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        rows, weights = ctx.saved_tensors
        total = gradient.new_zeros(ctx.shape)
        if weights.shape[1] > 1:
            shares = (weights.mT @ gradient).flatten(0, 1)
            _add_rows(total, rows, shares)
        elif gradient.device.type == "cpu":
            _add_weighted(total, rows.long().flatten(), weights, gradient)
        else:
            _add_rows(total, rows, (weights[:, 0, :, None] * gradient).flatten(0, 1))
        return total, None, None


def _add_rows(total: Tensor, rows: Tensor, shares: Tensor) -> None:
    """Adds shares (B * S, F) to the rows (B, S) of `total` (R, F)."""
    if total.device.type != "cpu":
        total.index_add_(0, rows.flatten(), shares)
        return
    places = rows.long().flatten()
    for column, share in zip(_columns(total), _columns(shares), strict=True):
        column.scatter_add_(0, places, share)


def _add_weighted(total: Tensor, places: Tensor, weights: Tensor, gradient: Tensor) -> None:
    """Adds weights (B, 1, S) times gradient (B, 1, F) to the rows `places` (B * S) of `total` (R, F)."""
    for column, share in zip(_columns(total), _columns(gradient[:, 0].contiguous()), strict=True):
        column.scatter_add_(0, places, (weights[:, 0] * share[:, None]).flatten())


def _columns(tensor: Tensor) -> list[Tensor]:
    """The columns of (R, F) one by one or, where F is even, in pairs as complex numbers: torch scatters single columns
    several times as fast as rows, and a pair as fast as a column."""
    if tensor.shape[1] % 2:
        return list(tensor.unbind(1))
    return list(torch.view_as_complex(tensor.unflatten(1, (-1, 2))).unbind(1))
