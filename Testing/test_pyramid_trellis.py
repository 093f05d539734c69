"""Dependent quantisation: the states, the search for the best path, and what it is worth."""

import itertools

import numpy as np
import pytest

from INRCore.compression.pyramid.codec import decode, encode, quantise
from INRCore.compression.pyramid.corrections import Corrections
from INRCore.compression.pyramid.entropy_model import PROBABILITIES
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid.rate_distortion import BITS_OF_ZERO, bits_of
from INRCore.compression.pyramid.trellis import NEXT, SECOND, Trellis, halves_of, numbers_of
from INRCore.compression.pyramid.trellis_search import Call, search
from INRCore.compression.pyramid.walk import ENTROPY_CODING, PHASES, TRELLIS_CODING

PRICE = 0.1


def test_half_steps_are_whole_steps_of_the_first_quantiser_and_odd_ones_of_the_second():
    numbers = np.arange(5)
    assert halves_of(numbers, np.zeros(5, bool)).tolist() == [0, 2, 4, 6, 8]
    assert halves_of(numbers, np.ones(5, bool)).tolist() == [0, 1, 3, 5, 7]
    for second in (False, True):
        assert numbers_of(halves_of(numbers, np.full(5, second))).tolist() == numbers.tolist()


def test_a_block_of_zeros_leaves_every_state_where_it_was():
    trellis = Trellis((4, 4, 4))
    states = trellis._states
    states[...] = np.arange(8).reshape(2, 2, 2) % 4
    before = states.copy()
    trellis.pass_over(np.zeros((4, 4, 4), np.int32))
    assert np.array_equal(states, before)
    trellis.advance(np.ones((2, 2, 2), np.int32))
    assert np.array_equal(states, NEXT[before, 1])
    assert np.array_equal(trellis.second((2, 1, 2)), SECOND[NEXT[before, 1]][:, :1])


def test_the_search_finds_the_best_of_all_paths():
    rng = np.random.default_rng(4)
    scaled = {1: rng.laplace(0, 1.2, (2, 2, 2)).astype(np.float32)}
    logits = rng.integers(300, 1000, (8, 1, 8)).astype(np.int16)
    flagged = [0, 1, 2, 4, 5, 7]  # phases
    calls = [Call(1, phase, np.array([0]), logits[phase], np.array([0])) for phase in flagged]
    found = search(scaled, calls, (2, 2, 2), PRICE)[1]
    best, best_cost = None, np.inf
    for numbers in itertools.product(range(4), repeat=len(flagged)):
        state, cost, halves, chosen = 0, 0.0, np.zeros((2, 2, 2), int), dict(zip(flagged, numbers, strict=True))
        for phase in range(8):
            number, second = chosen.get(phase, 0), bool(SECOND[state])
            value, place = scaled[1][PHASES[phase]], PHASES[phase]
            halves[place] = np.sign(value) * halves_of(np.array(number), np.array(second))
            if phase in chosen:
                own = logits[phase][:, 4 * second : 4 * second + 4]
                bits = bits_of(np.array([number]), own)[0] if number else BITS_OF_ZERO[own[0, 0]]
                cost += (abs(value) - abs(halves[place]) / 2) ** 2 + PRICE * bits
            state = NEXT[state, number & 1]
        if cost < best_cost:
            best, best_cost = halves, cost
    assert np.array_equal(found, best)
    assert (found != 2 * np.rint(scaled[1])).any()


@pytest.mark.parametrize("shape", [(24, 25, 26), (1, 90, 91)])
@pytest.mark.parametrize("noise", [1.0, 12.0])
def test_it_is_worth_bits_against_quantising_each_on_its_own(shape, noise):
    """At the same bits noise in steps of 1 or 1/12 of it comes back nearer: what bits differ counts 6.02 dB each."""
    samples = np.rint(np.random.default_rng(0).normal(0, 64 * noise, shape)).astype(np.int64)
    levels = plan_levels(shape, (1, 1, 1))
    bits, errors = [], []
    for model in (ENTROPY_CODING, TRELLIS_CODING):
        pyramid = quantise(samples.copy(), levels, model=model)
        streams = encode(pyramid)
        found = decode(shape, levels, 0, streams.get, model=model).samples(64 * noise * 10)
        bits.append(8 * sum(map(len, streams.values())) / samples.size)
        errors.append(10 * np.log10(np.square(found - samples).mean()))
    assert errors[0] - errors[1] + 6.02 * (bits[0] - bits[1]) > (0.3 if noise > 1 else 0.1)


def test_corrections_learn_what_the_model_does_not_know():
    """The model says one half and one quarter; 80 of 100 are above 0, none of them above 1."""
    corrections, logits = Corrections(8), np.full((2000, 8), 704)
    logits[:, 5] -= 70
    numbers = (np.arange(2000) % 10 > 1).astype(np.int32)
    assert np.array_equal(corrections.corrected(logits), logits)
    corrections.learn(logits, np.ones(2000, bool), numbers, 14)
    better = corrections.corrected(logits)[0]
    assert better[:4].tolist() == logits[0, :4].tolist()
    assert abs(PROBABILITIES[better[4]] / 65536 - 0.8) < 0.01
    assert better[5] == logits[0, 5] - 128
    assert better[6:].tolist() == logits[0, 6:].tolist()
