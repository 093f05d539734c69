"""The entropy model corrected by what followed so far (secondary estimation: Mahoney, "Adaptive weighing of context
models for lossless data compression", Florida Tech. CS-2005-16).

Whole numbers alone. For each output of the model and each quarter of a unit of its logits: how often it was asked, what
it foretold and what came shift its logits from the next call on.
"""

from __future__ import annotations

import numpy as np

from .entropy_model import PROBABILITIES
from .loops import use_loops
from .rans import SCALE

_FINENESS = 4  # bits of a logit's index that a class does not tell apart
_CLASSES = (len(PROBABILITIES) >> _FINENESS) + 1
_CONFIDENCE = 48  # observations that the model itself is worth
_MOST_SHIFT = 128


class Corrections:
    """Of one level of a tile; nothing is corrected at first."""

    def __init__(self, outputs: int) -> None:
        self._starts = np.arange(outputs) * _CLASSES
        self._asked, self._ones, self._foretold = np.zeros((3, outputs * _CLASSES), np.int64)
        self._shifts = np.zeros(outputs * _CLASSES, np.int32)

    def corrected(self, logits: np.ndarray) -> np.ndarray:
        """(N, outputs) logits, as indices, to better ones."""
        if use_loops():
            from ...compiled.entropy import correct

            better = logits.copy()
            correct(better, self._shifts, self._starts, _FINENESS, len(PROBABILITIES) - 1)
            return better
        shifts = self._shifts[(logits >> _FINENESS) + self._starts]
        return np.clip(logits + shifts, 0, len(PROBABILITIES) - 1)

    def learn(self, logits: np.ndarray, second: np.ndarray, numbers: np.ndarray, last: int) -> None:
        """(N, 2 n) logits as the model gave them, (N) booleans whether the second quantiser held, (N) numbers that
        came: above 0?, above 1? ... the last question again and again up to `last`."""
        if use_loops():
            from ...compiled.entropy import learn

            totals = self._asked, self._ones, self._foretold
            learn(logits, second, numbers, last, self._starts, _FINENESS, PROBABILITIES, *totals)
        else:
            self._count(logits, second, numbers, last)
        seen = np.flatnonzero(self._asked)
        asked, foretold = self._asked[seen], self._foretold[seen] // self._asked[seen]
        came = (SCALE * self._ones[seen] + _CONFIDENCE * foretold) // (asked + _CONFIDENCE)
        shifts = np.searchsorted(PROBABILITIES, came) - np.searchsorted(PROBABILITIES, foretold)
        self._shifts[seen] = np.clip(shifts, -_MOST_SHIFT, _MOST_SHIFT)

    def _count(self, logits: np.ndarray, second: np.ndarray, numbers: np.ndarray, last: int) -> None:
        questions = logits.shape[1] // 2
        for question in range(questions):
            going = np.flatnonzero(numbers >= question)
            outputs = second[going] * questions + question
            asked_logits = logits[going, outputs]
            classes = (asked_logits >> _FINENESS) + self._starts[outputs]
            if question + 1 < questions:
                ones, asked = (numbers[going] > question).astype(np.int64), np.ones(going.size, np.int64)
            else:
                ones = np.minimum(numbers[going], last).astype(np.int64) - question
                asked = ones + (numbers[going] < last)
            for total, values in (
                (self._asked, asked),
                (self._ones, ones),
                (self._foretold, asked * PROBABILITIES[asked_logits]),
            ):
                np.add.at(total, classes, values)
