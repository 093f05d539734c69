"""Drawn slices that contradict each other where they cross, or show a label once only, are told before the fit."""

import numpy as np
from drawn_ball import GRID, drawn, radius, settings

from INRCore.segmentation.given import check_given
from INRCore.volume import Volume

BALL = (radius(GRID.points()) < 11).reshape(GRID.shape)
SMALL = (radius(GRID.points()) < 6).reshape(GRID.shape)


def notes(array: np.ndarray, sparse: str) -> list[str]:
    return [note for note in check_given(Volume(array, GRID), settings(sparse=sparse)).notes if "label 1 seem" in note]


def crossed(other: np.ndarray) -> np.ndarray:
    """The ball across k and j, `other` across i, whatever was drawn there before."""
    array = np.zeros(GRID.shape, np.uint8)
    array[15], array[:, 17] = BALL[15], BALL[:, 17]
    array[:, :, 18] = np.maximum(other[:, :, 18], array[:, :, 18])
    return array


def test_crossing_slices_that_disagree_are_named_with_the_place():
    assert notes(crossed(BALL), "ijk") == []
    (note,) = notes(crossed(SMALL), "ijk")
    assert "on 2 line(s)" in note and "slices i18 and j17" in note
    x, y, z = (float(word) for word in note.split("about (")[1].split(")")[0].split(","))
    index = GRID.world_to_index(np.array([[x, y, z]]))[0]
    np.testing.assert_allclose(index[:2], [18, 17], atol=0.1)


def test_a_line_that_was_erased_is_a_disagreement_too():
    array = crossed(BALL)
    array[15, 12:23, 18] = 0
    assert len(notes(array, "ijk")) == 1


def test_a_label_on_one_slice_is_told_and_the_others_are_not():
    array = drawn(BALL, np.s_[3::5])
    array[18, 2:7, 2:7] = 2
    told = check_given(Volume(array, GRID), settings(sparse="k")).notes
    assert [note.split(".")[0] for note in told if "one drawn slice" in note] == ["On one drawn slice only: label 2"]
    array[:, :, 4] = np.where(array[:, :, 4] == 2, 2, 0)  # a slice across it that shows a thread of it is no other view
    told = check_given(Volume(array, GRID), settings(sparse="ik")).notes
    assert any("On one drawn slice only: label 2" in note for note in told)
