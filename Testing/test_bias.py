"""Bias fields of stacks, found against a known truth."""

import numpy as np
import pytest
from phantoms import BrainLike, acquired, sampled

from INRCore.errors import InputError
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.bias import find_bias

FINE = Grid.from_parts((32, 32, 32), (1, 1, 1), (-15.5, -15.5, -15.5))
HEAD = BrainLike(radius=13)


def head(points):
    return np.maximum(HEAD(points), 0)


SLOPES = np.array([[0.012, 0.0, -0.01], [-0.012, 0.015, 0.0], [0.0, -0.015, 0.01]])
"""Of the logarithm of each stack's brightness, per mm; their sum is 0."""


def factor(number, points):
    return np.exp(points @ SLOPES[number])


@pytest.fixture(scope="module")
def stacks():
    made = []
    for number, axis in enumerate((2, 1, 0)):
        size = FINE.size_ijk.copy()
        size[axis] //= 4
        made.append(acquired(lambda p, n=number: factor(n, p) * head(p), FINE.with_size(size.tolist()), axis))
    return made


def settings(bias):
    return SuperResolutionSettings(bias=bias, uncertainty=False, fit=FitSettings(device="cpu"))


def test_the_fields_between_stacks_are_found(stacks):
    fields = find_bias([stack.array for stack in stacks], [stack.grid for stack in stacks])
    for number, (stack, field) in enumerate(zip(stacks, fields, strict=True)):
        seen = (stack.array > 40).ravel()
        wanted = np.log(factor(number, stack.grid.points()))[seen]
        error = np.log(field.on(stack.grid)).ravel()[seen] - wanted
        # A constant factor is the matching of the intensities' business.
        assert np.std(wanted) > 0.09 and np.std(error) < 0.3 * np.std(wanted)


def test_the_result_is_better_without_the_fields_and_as_good_where_there_are_none(stacks):
    truth = sampled(head, FINE)
    plain = super_resolve(stacks, settings("none"), truth=truth)
    corrected = super_resolve(stacks, settings("stacks"), truth=truth)
    assert corrected.metrics["psnr_db"] > plain.metrics["psnr_db"] + 0.4
    assert corrected.metrics["consistency_rmse_relative"] < 0.3 * plain.metrics["consistency_rmse_relative"]
    for stack, field in zip(stacks, corrected.bias_fields, strict=True):
        assert field.grid.same_as(stack.grid) and 0.1 < np.ptp(np.percentile(field.array, (1, 99))) < 1
    assert (
        corrected.metrics["bias_range"] > 0.3
        and plain.bias_fields == ()
        and sum("bias field" in note for note in corrected.notes) == 3
    )
    even = []
    for axis in (2, 1, 0):
        size = FINE.size_ijk.copy()
        size[axis] //= 4
        even.append(acquired(head, FINE.with_size(size.tolist()), axis))
    left, kept = (super_resolve(even, settings(bias), truth=truth).metrics["psnr_db"] for bias in ("none", "stacks"))
    assert kept > left - 1


def test_n4_evens_out_one_stack_alone():
    grid = Grid.from_parts((14, 32, 32), (2, 2, 4), (-31, -31, -26))
    distance = np.linalg.norm(grid.points(), axis=1).reshape(grid.shape)
    even = 100 * (distance < 28) + 1.0
    uneven = (even * np.exp(grid.points() @ [0.015, -0.01, 0.005]).reshape(grid.shape)).astype(np.float32)
    (field,) = find_bias([uneven], [grid], with_n4=True)
    inside = distance < 24
    before, after = (np.log(array[inside]).std() for array in (uneven, uneven / field.on(grid)))
    assert after < 0.4 * before


def test_where_a_field_cannot_be_told_it_is_said(stacks):
    with pytest.raises(InputError, match="One stack alone"):
        super_resolve(stacks[0], settings("stacks"))
    negative = stacks[0].with_array(stacks[0].array - 50)
    with pytest.raises(InputError, match="negative values"):
        super_resolve([negative, stacks[1]], settings("stacks"))
