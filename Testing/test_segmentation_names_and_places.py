"""What results of curves are called and on whose voxels they lie; an earlier run together with an image."""

import numpy as np
import pytest
from command_tools import run
from drawn_ball import GRID, drawn, radius, segment, settings
from grids import rotation

import INRCore
from INRCore.geometry import Grid
from INRCore.io import read_volume, write_volume
from INRCore.io.contours import write_contours
from INRCore.jobs import Job, run_job
from INRCore.segmentation.given import GivenLabels
from INRCore.segmentation.names import with_names
from INRCore.volume import Volume

AWAY = np.array([500.0, 0, 0])


def circles(center, radius_mm, heights=(-8, -4, 0, 4, 8)):
    """Contours of a ball in axial planes."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    flat = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
    return [center + np.sqrt(radius_mm**2 - h**2) * flat + [0, 0, h] for h in heights]


def test_labels_are_called_by_their_names_where_they_have_one():
    text = "Label 1 and label 12 overlap; label 3, 3 labels, 'Label 4'."
    assert with_names(text, {1: "Liver", 3: "Cyst"}) == "'Liver' and label 12 overlap; 'Cyst', 3 labels, 'Label 4'."


def test_curves_come_back_on_the_voxels_of_a_volume_of_choice(tmp_path):
    write_contours({"liver": circles(GRID.center, 10)}, tmp_path / "drawn.csv")
    write_volume(Volume(np.zeros(GRID.shape, np.int16), GRID), tmp_path / "ct.nrrd")
    outputs = ("--output-labels", tmp_path / "l.nrrd", "--output-distance", tmp_path / "d.nrrd")
    code, _ = segment(tmp_path / "drawn.csv", *outputs, "--like", tmp_path / "ct.nrrd", tmp_path=tmp_path)
    assert code == 0
    labels, distance = read_volume(tmp_path / "l.nrrd"), read_volume(tmp_path / "d.nrrd")
    assert labels.grid.same_as(GRID) and distance.grid.same_as(GRID)
    away = radius(GRID.points())
    np.testing.assert_array_equal(labels.array.ravel()[away < 8], 1)
    assert not labels.array.ravel()[away > 12].any()
    height = GRID.points()[:, 2] - GRID.center[2]
    near = (np.abs(away - 10) < 3) & (np.abs(height) < 7)
    np.testing.assert_allclose(distance.array.ravel()[near], away[near] - 10, atol=1.0)


def test_a_geometry_that_the_shapes_lie_outside_of_is_refused_before_the_work(tmp_path, capsys):
    write_contours({"liver": circles(GRID.center + AWAY, 10)}, tmp_path / "drawn.csv")
    write_volume(Volume(np.zeros(GRID.shape, np.int16), GRID), tmp_path / "ct.nrrd")
    words = ("--output-labels", tmp_path / "l.nrrd", "--like", tmp_path / "ct.nrrd")
    assert run("segment", tmp_path / "drawn.csv", *words) != 0
    assert "choose another volume for the geometry" in capsys.readouterr().err
    assert not (tmp_path / "l.nrrd").exists()


def test_notes_and_errors_on_curves_speak_of_their_names(tmp_path, capsys):
    beside = GRID.center + np.array([8, 0, 0])
    write_contours({"liver": circles(GRID.center, 10), "cyst": circles(beside, 10)}, tmp_path / "drawn.csv")
    code, report = segment(tmp_path / "drawn.csv", "--output-labels", tmp_path / "l.nrrd", tmp_path=tmp_path)
    assert code == 0
    told = " ".join(report["notes"])
    assert "Contours of 'liver' and 'cyst' overlap in 5 plane(s)" in told and "label 1" not in told

    write_contours({"liver": circles(GRID.center, 10), "cyst": circles(beside, 10, (0,))}, tmp_path / "one.csv")
    assert run("segment", tmp_path / "one.csv", "--output-labels", tmp_path / "x.nrrd") != 0
    assert "'cyst' has a single contour" in capsys.readouterr().err


def test_an_image_pulls_at_the_surfaces_of_an_earlier_run_as_at_new_ones(monkeypatch):
    ball = (radius(GRID.points()) < 12).reshape(GRID.shape)
    labels = Volume(drawn(ball, slice(5, 26, 4)), GRID)
    image = Volume((1000 / (1 + np.exp(radius(GRID.points()) - 11))).reshape(GRID.shape).astype(np.float32), GRID)
    first = INRCore.segment(labels, settings(image_weight=1.0), image=image)
    monkeypatch.setattr(GivenLabels, "lattice", lambda *rest: pytest.fail("nothing has changed"))
    again = INRCore.segment(labels, settings(image_weight=1.0), image=image, start=first.earlier)
    np.testing.assert_array_equal(again.labels.array, first.labels.array)
    assert "Went on from the last result for 1 of 1 label(s)." in again.notes
    freely = INRCore.segment(labels, settings(), start=first.earlier)
    assert (freely.labels.array != first.labels.array).any()  # what the image did is not in what is kept


def test_shapes_that_coarse_voxels_miss_are_named(tmp_path):
    grid = Grid.from_parts((20, 20, 20), (1, 1.2, 1.1), (30, -20, 10), rotation(20, -15, 40) @ np.diag([1, 1, -1]))
    array = np.zeros(grid.shape, np.uint8)
    array[3:16, 3:16, 3:16], array[17, 17, 17] = 1, 2
    write_volume(Volume(array, grid), tmp_path / "drawn.nrrd")
    coarse = grid.with_spacing(7)
    write_volume(Volume(np.zeros(coarse.shape, np.uint8), coarse), tmp_path / "like.nrrd")
    paths = {"labels": str(tmp_path / "drawn.nrrd"), "like": str(tmp_path / "like.nrrd")}
    for number, (inputs, chosen) in enumerate([({}, {"spacing_mm": 7.0}), ({"like": paths["like"]}, {}), ({}, {})]):
        outputs = {"labels": str(tmp_path / f"{number}.nrrd")}
        job = Job("segment", {"labels": paths["labels"], **inputs}, outputs, chosen, preset="fast", device="cpu")
        told = [note for note in run_job(job)["notes"] if note.startswith("Missing")]
        missed = 2 not in read_volume(outputs["labels"]).array
        assert missed == (number < 2)
        assert ["label 2" in note and "label 1" not in note for note in told] == [True] * missed
