"""Filling while somebody draws: a coarse answer at once, and after one more contour only what has changed."""

import numpy as np
import pytest
from drawn_ball import GRID, TURN, drawn, radius, settings

import INRCore
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.segmentation.given import GivenLabels
from INRCore.segmentation.warm_start import EarlierFit
from INRCore.volume import Volume


@pytest.fixture(scope="module")
def ball():
    return (radius(GRID.points()) < 12).reshape(GRID.shape)


# -- a first answer at once --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("axes", ["k", "ik"])
def test_a_coarse_answer_comes_first_and_the_fit_takes_its_place(ball, axes):
    from INRCore.fitting.progress import FIRST_STAGE

    array = drawn(ball, [5, 9, 13, 17, 21, 25])
    if "i" in axes:
        array[:, :, 18] = ball[:, :, 18]
        array[:, :, 24] = ball[:, :, 24]
    array[9, 2:5, 2:5] = 2
    seen = []
    result = INRCore.segment(Volume(array, GRID), settings(sparse=axes), on_progress=seen.append)
    assert [progress.stage for progress in seen][:2] == [FIRST_STAGE, "fit"]
    first, second = (progress.preview(10**6) for progress in seen[:2])
    domain = result.given.domain.crop(ball)
    for preview in (first, second):
        assert preview.grid.shape == domain.shape and set(np.unique(preview.array)) == {0, 1, 2}
        found = preview.array == 1
        assert 2 * (found & domain).sum() / (found.sum() + domain.sum()) > 0.93
    assert (first.array != second.array).any()
    here = 9 - result.given.domain.start[2]
    np.testing.assert_array_equal(first.array[here] == 1, domain[here])  # what is drawn stays
    smaller = seen[0].preview(1000)  # its voxels are where the larger one's are
    center = [volume.grid.points()[volume.array.ravel() == 1].mean(0) for volume in (first, smaller)]
    np.testing.assert_allclose(*center, atol=1.5)


def test_the_first_answer_is_written_for_the_panel_without_a_pause(ball, tmp_path):
    from INRCore.fitting.progress import FIRST_STAGE, Progress
    from INRCore.jobs import PreviewWriter

    for stage, written in ((FIRST_STAGE, True), ("fit", False)):
        writer = PreviewWriter(tmp_path / f"{stage}.nii")
        labels = Volume(ball.astype(np.int32), GRID)
        assert writer.write(Progress(stage, 0, 1, preview=lambda voxels, labels=labels: labels)) is written


# -- one more contour --------------------------------------------------------------------------------------------------
def test_after_one_more_contour_only_what_has_changed_is_found_anew(ball, tmp_path, monkeypatch):
    """A tall ellipsoid on many slices and a second label that nobody touches."""
    tall = Grid.from_parts((60, 34, 36), (1.0, 1.1, 1.4), (10, -20, 30), TURN @ np.diag([1.0, 1.0, -1.0]))
    place = np.indices(tall.shape).astype(float)
    shape = ((place[0] - 30) / 27) ** 2 + ((place[1] - 17) / 10) ** 2 + ((place[2] - 18) / (9 + place[0] / 30)) ** 2 < 1
    array = np.zeros(tall.shape, np.uint8)
    array[::4] = shape[::4]
    array[8:25:4, 1:5, 1:5] = 2
    first = INRCore.segment(Volume(array, tall), settings())
    first.earlier.save(tmp_path / "state.npz")
    array[46] = shape[46]
    labels = Volume(array, tall)

    filled = []
    original = GivenLabels.lattice
    monkeypatch.setattr(
        GivenLabels,
        "lattice",
        lambda self, value, *rest: filled.append((value, self.slices.count)) or original(self, value, *rest),
    )
    cold = INRCore.segment(labels, settings())
    assert [value for value, _ in filled] == [1, 2]
    filled.clear()
    warm = INRCore.segment(labels, settings(), start=EarlierFit.load(tmp_path / "state.npz"))
    assert filled == [(1, 5)]  # of one label, five slices around the new one
    for value in (1, 2):
        a, b = (result.labels.array == value for result in (cold, warm))
        assert 2 * (a & b).sum() / (a.sum() + b.sum()) > 0.985
    known = warm.given.slices.known(warm.given.array.shape)
    np.testing.assert_array_equal(
        warm.given.domain.crop(warm.labels.array)[known], warm.given.array[known]
    )  # what is drawn is kept
    assert [row["pieces"] for row in warm.table] == [1, 1]
    assert INRCore.segment(labels, settings(stiffness=0.1), start=first.earlier).table and len(filled) == 3  # all anew


def test_a_file_that_is_no_earlier_run_is_refused(tmp_path):
    (tmp_path / "state.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="start without it"):
        EarlierFit.load(tmp_path / "state.npz")
