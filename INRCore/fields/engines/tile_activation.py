"""A hidden layer's activation at one tile, forwards and backwards, for a jet whose features come first.

A jet at P points is one array (C, T, P) here: T is 1 for the value, 4 with the first derivatives along x, y, z and 10
with the second ones in the order of `PAIRS`. With z for what comes before the activation f and h for what comes after:
h = f(z), h_a = f' z_a, h_ab = f' z_ab + f'' z_a z_b (Griewank & Walther, Evaluating Derivatives, SIAM 2008, ch. 13).

NumPy and not torch, because every call into torch, even a slice, hands Python's lock to another thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..activations import ACTIVATIONS
from ..jets import PAIRS

FIRST, SECOND = slice(1, 4), slice(4, 10)
"""Where the derivatives are along T."""


class TileJet(NamedTuple):
    """value (C, P), first (C, 3, P) and second (C, 6, P) derivatives: P is 1 where they are the same at all points;
    None where they are not asked for or 0 everywhere."""

    value: np.ndarray
    first: np.ndarray | None = None
    second: np.ndarray | None = None

    @classmethod
    def of(cls, stacked: np.ndarray) -> TileJet:
        """Views into (C, T, P)."""
        parts = stacked.shape[1]
        return cls(stacked[:, 0], stacked[:, FIRST] if parts > 1 else None, stacked[:, SECOND] if parts > 4 else None)


class Before(NamedTuple):
    """What comes before an activation: z (C, T, P), to whose value the bias (C) is yet to be added. tangents (C, 3, 1):
    first derivatives that are the same at all points, with second ones of 0; T is 1 then."""

    z: np.ndarray
    bias: np.ndarray
    tangents: np.ndarray | None = None


class TileActivation(Protocol):
    """A hidden layer's activation for jets of one order."""

    def forward(self, before: Before, remember: bool) -> tuple[np.ndarray, Any]:
        """h (C, T, P), and what the way back needs where it is to be remembered."""
        ...

    def again(self, memory: Any) -> tuple[np.ndarray, Any]:
        """h once more, and what `backward` takes."""
        ...

    def backward(self, gradient: np.ndarray, memory: Any, slopes: Any) -> None:
        """Turns the gradient (C, T, P) by h in place into the one by z."""
        ...


class _Memory(NamedTuple):
    """z with its bias; for values alone also the activations and their slope, which are dear to compute. With
    derivatives they are worked out again: the fewest arrays."""

    z: TileJet
    activated: tuple[np.ndarray, list[Any]] | None


class NumpyActivation:
    """Any activation of `ACTIVATIONS`. Keeps `before.z` and adds the bias to it."""

    def __init__(self, name: str, omega: float, order: int) -> None:
        self._activation, self._omega, self._order = ACTIVATIONS[name], omega, order

    def forward(self, before: Before, remember: bool) -> tuple[np.ndarray, _Memory]:
        z = TileJet.of(before.z)
        z.value[...] += before.bias[:, None]
        if before.tangents is not None:
            z = TileJet(z.value, before.tangents)
        h, slopes = self._activated(z, self._order + remember)
        return h, _Memory(z, None if self._order else (h, slopes))

    def again(self, memory: _Memory) -> tuple[np.ndarray, list[Any]]:
        return memory.activated or self._activated(memory.z, self._order + 1)

    def backward(self, gradient: np.ndarray, memory: _Memory, slopes: list[Any]) -> None:
        activate_back(gradient, memory.z, slopes, self._order)

    def _activated(self, z: TileJet, slopes: int) -> tuple[np.ndarray, list[Any]]:
        found = self._activation(np, z.value, slopes, self._omega)
        return activate(z, found, self._order), found


def activate(z: TileJet, slopes: Sequence[np.ndarray | None], order: int) -> np.ndarray:
    """(C, T, P) after the activation. slopes: f, f' and f'' at z, as many as the order asks for."""
    value = slopes[0]
    assert value is not None
    if order == 0:
        return value[:, None]
    assert z.first is not None and slopes[1] is not None
    h = np.empty((len(value), (1, 4, 10)[order], value.shape[1]), value.dtype)
    h[:, 0] = value
    slope = slopes[1][:, None]
    np.multiply(slope, z.first, out=h[:, FIRST])
    if order == 1:
        return h
    if z.second is None:
        h[:, SECOND] = 0
    else:
        np.multiply(slope, z.second, out=h[:, SECOND])
    if slopes[2] is not None:
        bent = slopes[2][:, None] * z.first
        for p, (a, b) in enumerate(PAIRS, start=SECOND.start):
            h[:, p] += bent[:, a] * z.first[:, b]
    return h


def activate_back(gradient: np.ndarray, z: TileJet, slopes: Sequence[np.ndarray | None], order: int) -> None:
    """Turns the gradient (C, T, P) by h in place into the one by z. slopes: f, f', f'' and f''' at z, one more than
    `activate` takes."""
    assert slopes[1] is not None
    slope, bend = slopes[1][:, None], slopes[2] if order else None
    if bend is None:
        gradient *= slope
        return
    assert z.first is not None
    g = TileJet.of(gradient)
    assert g.first is not None
    by_bend = _sum_of_products(g.first, z.first)
    if g.second is None:
        gradient *= slope
        by_bend *= bend
        g.value[...] += by_bend
        return
    if z.second is not None:
        by_bend += _sum_of_products(g.second, z.second)
    # Sum over b of g_ab z_b, once for each of the two orders of a pair.
    mixed = np.zeros_like(g.first)
    for p, (a, b) in enumerate(PAIRS):
        mixed[:, a] += g.second[:, p] * z.first[:, b]
        mixed[:, b] += g.second[:, p] * z.first[:, a]
    gradient *= slope
    by_bend *= bend
    if slopes[3] is not None:
        by_twist = _sum_of_products(mixed, z.first)
        by_twist *= np.float32(0.5) * slopes[3]  # each pair was counted twice
        by_bend += by_twist
    g.value[...] += by_bend
    mixed *= bend[:, None]
    g.first[...] += mixed


def _sum_of_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(C, P): sum over the middle axis."""
    total = a[:, 0] * b[:, 0]
    for n in range(1, a.shape[1]):
        total += a[:, n] * b[:, n]
    return total
