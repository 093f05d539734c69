"""Loops of the entropy coding in `compression.pyramid`: the model, its corrections, and the decisions themselves.

All numbers are whole, also those in float32, whose sums stay below 2^24, so that any order gives the same. States are
those of `rans`: uint32, one per lane; decision n of a call belongs to lane n mod lanes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .build import compiled
from .networks import BATCH, clip_all, layer

_ZERO, _MOST = np.float32(0), np.float32(255)
_PER_ACTIVATION, _PER_LOGIT = np.float32(2.0**-5), np.float32(2.0**-4)


@compiled
def _gather(padded: np.ndarray, k: int, j: int, i: int, table: np.ndarray, features: np.ndarray, n: int) -> None:
    """The seven sums over the neighbours of a sample (indices within `padded`), as features of sample n of a batch."""
    above, here, below = padded[k - 1], padded[k], padded[k + 1]
    features[0, n] = table[above[j, i] + below[j, i]]
    features[1, n] = table[here[j - 1, i] + here[j + 1, i]]
    features[2, n] = table[here[j, i - 1] + here[j, i + 1]]
    features[3, n] = table[here[j - 1, i - 1] + here[j - 1, i + 1] + here[j + 1, i - 1] + here[j + 1, i + 1]]
    features[4, n] = table[above[j, i - 1] + above[j, i + 1] + below[j, i - 1] + below[j, i + 1]]
    features[5, n] = table[above[j - 1, i] + above[j + 1, i] + below[j - 1, i] + below[j + 1, i]]
    features[6, n] = table[
        above[j - 1, i - 1] + above[j - 1, i + 1] + above[j + 1, i - 1] + above[j + 1, i + 1]
        + below[j - 1, i - 1] + below[j - 1, i + 1] + below[j + 1, i - 1] + below[j + 1, i + 1]
    ]  # fmt: skip


@compiled
def logits(
    padded: np.ndarray, fixed: np.ndarray, active: np.ndarray, phase: np.ndarray, counts: np.ndarray,
    table: np.ndarray, network: Any, clip: int, found: np.ndarray,
) -> None:  # fmt: skip
    """Fills found (N, outputs), indices of logits from 0 to 2 clip, of the active samples of a phase.

    padded: (k, j, i) int16 magnitudes with one more on each side; fixed: (parts, k, j, i) int16; active: (N) flat
    indices within the phase, whose shape is `counts`; phase: its (k, j, i); table: float32 feature of each sum;
    network: weights and bias of three layers, float32."""
    first, first_bias, second, second_bias, third, third_bias = network
    features = np.zeros((first.shape[0], BATCH), np.float32)
    hidden, middle = np.empty((first.shape[1], BATCH), np.float32), np.empty((second.shape[1], BATCH), np.float32)
    last = np.empty((third.shape[1], BATCH), np.float32)
    largest, parts = np.float32(clip), len(features) - len(fixed)
    for start in range(0, len(active), BATCH):
        count = min(BATCH, len(active) - start)
        for n in range(count):
            place = active[start + n]
            line = place // counts[2]
            plane = line // counts[1]
            k, j = 2 * plane + phase[0], 2 * (line - plane * counts[1]) + phase[1]
            i = 2 * (place - line * counts[2]) + phase[2]
            _gather(padded, k + 1, j + 1, i + 1, table, features, n)
            for part in range(len(fixed)):
                features[parts + part, n] = table[fixed[part, k, j, i]]
        layer(features, first, first_bias, _PER_ACTIVATION, hidden)
        clip_all(hidden, _ZERO, _MOST)
        layer(hidden, second, second_bias, _PER_ACTIVATION, middle)
        clip_all(middle, _ZERO, _MOST)
        layer(middle, third, third_bias, _PER_LOGIT, last)
        clip_all(last, -largest, largest)
        for n in range(count):
            for output in range(len(last)):
                found[start + n, output] = np.int32(last[output, n]) + clip


# -- corrections -------------------------------------------------------------------------------------------------------
@compiled
def correct(found: np.ndarray, shifts: np.ndarray, starts: np.ndarray, fineness: int, last: int) -> None:
    """Shifts logits (N, outputs) in place, as `Corrections.corrected` does."""
    for n in range(found.shape[0]):
        for output in range(found.shape[1]):
            logit = found[n, output]
            found[n, output] = min(max(logit + shifts[starts[output] + (logit >> fineness)], 0), last)


@compiled
def learn(
    found: np.ndarray, second: np.ndarray, numbers: np.ndarray, most: int, starts: np.ndarray, fineness: int,
    probabilities: np.ndarray, asked: np.ndarray, ones: np.ndarray, foretold: np.ndarray,
) -> None:  # fmt: skip
    """Counts what came, as `Corrections.learn` does: found (N, 2 n) logits before they were corrected."""
    questions = found.shape[1] // 2
    for n in range(len(numbers)):
        number, base = numbers[n], questions * np.int64(second[n])
        for question in range(min(number + 1, questions)):
            logit = found[n, base + question]
            place = starts[base + question] + (logit >> fineness)
            if question + 1 < questions:
                times, came = 1, np.int64(number > question)
            else:
                came = min(number, most) - question
                times = came + np.int64(number < most)
            asked[place] += times
            ones[place] += came
            foretold[place] += times * np.int64(probabilities[logit])


# -- decisions ---------------------------------------------------------------------------------------------------------
@compiled
def _decided(probability: int, states: np.ndarray, lane: int, words: np.ndarray, place: int) -> Any:
    """A decision and the place of the next word; -1 where there is none."""
    state, one = np.int64(states[lane]), np.int64(probability)
    slot = state & 0xFFFF
    bit = slot < one
    state = (state >> 16) * one + slot if bit else (state >> 16) * (0x10000 - one) + slot - one
    if state < 0x10000:
        if place >= len(words):
            return bit, -1
        state = (state << 16) | np.int64(words[place])
        place += 1
    states[lane] = state
    return bit, place


@compiled
def decode(probabilities: np.ndarray, states: np.ndarray, words: np.ndarray, place: int, decided: np.ndarray) -> int:
    """Fills decided (N) and gives the place of the next word; -1 where the words end too early."""
    lane, lanes = 0, len(states)
    for n in range(len(decided)):
        decided[n], place = _decided(probabilities[n], states, lane, words, place)
        if place < 0:
            return -1
        lane = lane + 1 if lane + 1 < lanes else 0
    return place


@compiled
def decode_magnitudes(
    found: np.ndarray, second: np.ndarray, probabilities: np.ndarray, most: int, states: np.ndarray,
    words: np.ndarray, place: int, numbers: np.ndarray, going: np.ndarray,
) -> Any:  # fmt: skip
    """Fills numbers (N), at most `most`, by logits found (N, 2 n) for either quantiser, or (N, n) where second is
    empty. Gives the place of the next word (-1 where they end too early), and how many reached `most`, of which
    `going` then has the indices."""
    questions, lanes, left = found.shape[1], len(states), len(numbers)
    if len(second):
        questions //= 2
    for n in range(left):
        going[n], numbers[n] = n, 0
    for reached in range(most):
        lane, kept, question = 0, 0, min(reached, questions - 1)
        for n in range(left):
            sample = going[n]
            output = question + questions if len(second) and second[sample] else question
            bit, place = _decided(probabilities[found[sample, output]], states, lane, words, place)
            if place < 0:
                return -1, 0
            lane = lane + 1 if lane + 1 < lanes else 0
            if bit:
                numbers[sample] = reached + 1
                going[kept] = sample
                kept += 1
        left = kept
        if not left:
            break
    return place, left


@compiled
def encode(frequencies: np.ndarray, starts: np.ndarray, states: np.ndarray, words: np.ndarray) -> int:
    """Codes the decisions of a call, last first; fills words from the end, and gives how many."""
    lanes, place = len(states), len(words)
    lane = (len(frequencies) - 1) % lanes
    for n in range(len(frequencies) - 1, -1, -1):
        state, frequency = np.int64(states[lane]), np.int64(frequencies[n])
        if state >= frequency << 16:
            place -= 1
            words[place] = state & 0xFFFF
            state >>= 16
        quotient = state // frequency
        states[lane] = (quotient << 16) + (state - quotient * frequency) + np.int64(starts[n])
        lane = lane - 1 if lane else lanes - 1
    return len(words) - place
