"""Which slices count as drawn, and edges of an image between them."""

import numpy as np
import pytest
from drawn_ball import GRID, drawn, radius, segment, settings

import INRCore
from INRCore.errors import InputError
from INRCore.io import read_volume, write_volume
from INRCore.volume import Volume


# -- which slices count as drawn ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def ball():
    return (radius(GRID.points()) < 12).reshape(GRID.shape)


def test_drawn_empty_and_unknown_slices_are_told_apart(ball, tmp_path):
    array = drawn(ball, [8, 12, 16])
    array[12, 4:7, 4:7] = 2
    write_volume(Volume(array, GRID), tmp_path / "drawn.nrrd")
    out = ("--output-labels", tmp_path / "o.nrrd", "--empty-slices", "k20")
    code, report = segment(tmp_path / "drawn.nrrd", *out, tmp_path=tmp_path)
    assert code == 0
    rows = {row["slices"]: row for row in report["slices"]}
    states = {name: row["state"] for name, row in rows.items()}
    assert states == {
        "0-7": "beyond the drawn range", "8": "drawn", "9-11": "unknown", "12": "drawn", "13-15": "unknown",
        "16": "drawn", "17-19": "unknown", "20": "drawn, empty", "21-29": "beyond the drawn range",
    }  # fmt: skip
    assert (rows["12"]["labels"], rows["8"]["labels"], rows["8"]["outside"]) == ([1, 2], [1], [2])
    height = GRID.world_to_index(np.array(rows["16"]["center"])[None])[0, 2]
    assert height == pytest.approx(16, abs=1e-3)
    assert any("drawn, empty 20" in note for note in report["notes"])
    assert report["next_slice"]["expected_error_mm2"] > 0
    filled = read_volume(tmp_path / "o.nrrd").array
    assert filled[17].any() and not filled[20:].any()


@pytest.mark.parametrize(
    ("named", "words"), [(("k8",), "not empty"), (("k40",), "0 to 29"), (("z3",), "names no slice")]
)
def test_wrong_names_of_empty_slices_are_refused(ball, named, words):
    with pytest.raises(InputError, match=words):
        INRCore.segment(Volume(drawn(ball, [8, 12, 16]), GRID), settings(empty_slices=named))


# -- edges of an image -------------------------------------------------------------------------------------------------
def test_the_edge_of_an_image_pulls_the_surface_where_nothing_is_drawn(ball):
    """A ball of which only the poles and the middle are drawn; the image shows all of it, on another grid."""
    labels = Volume(drawn(ball, [6, 15, 24]), GRID)
    finer = GRID.with_spacing((0.9, 0.9, 0.9))
    noise = np.random.default_rng(0).normal(0, 8, finer.shape)
    image = Volume((100 * (radius(finer.points()) < 12).reshape(finer.shape) + noise).astype(np.float32), finer)
    plain, pulled = (INRCore.segment(labels, settings(image_weight=weight), image=image) for weight in (0.0, 1.0))
    without = INRCore.segment(labels, settings())
    np.testing.assert_array_equal(plain.labels.array, without.labels.array)
    wrong = [np.abs(radius(result.mesh(1).points) - 12) for result in (plain, pulled)]
    assert wrong[1].mean() < 0.6 * wrong[0].mean()
    np.testing.assert_array_equal(pulled.labels.array[15], ball[15])  # what is drawn stays


def test_an_image_without_contrast_has_no_edges(ball):
    with pytest.raises(InputError, match="no edges"):
        INRCore.segment(Volume(drawn(ball, [6, 15, 24]), GRID), settings(), image=Volume(0 * ball, GRID))
