"""What shapes are made of: closed curves, RTSTRUCT, points, vessels; messages on them."""

import json

import numpy as np
import pytest
from drawn_ball import GRID, TURN, radius, segment, settings

import INRCore
from INRCore.errors import InputError
from INRCore.io import read_volume, write_landmarks
from INRCore.io.contours import base_name, read_contours, write_contours
from INRCore.io.point_clouds import read_point_cloud
from INRCore.io.surfaces import read_surface
from INRCore.jobs import Job
from INRCore.jobs.shape_inputs import read_shapes
from INRCore.segmentation.scattered import given_contours
from INRCore.volume import Volume

CENTER = np.array([40.0, -25.0, 60.0])
LPS = np.array([-1.0, -1.0, 1.0])


def circles(center, radius_mm, heights=(-6, -2, 2, 6)):
    """Contours of a ball in parallel planes of a turned frame."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    flat = [np.sqrt(radius_mm**2 - h**2) * np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1) for h in heights]
    return [center + (curve + np.array([0, 0, h])) @ TURN.T for curve, h in zip(flat, heights, strict=True)]


def shapes_of(*files):
    """What a job makes of its input files."""
    inputs = [str(file) for file in files]
    job = Job("segment", {"labels": inputs if len(inputs) > 1 else inputs[0]}, {"labels": "unused.nrrd"})
    return read_shapes(job, settings())


# -- closed curves -----------------------------------------------------------------------------------------------------
def test_names_of_curves_are_those_of_the_shape_they_draw():
    assert [base_name(name) for name in ("CC", "CC_1", "Left lung 12", "T12", "3")] == [
        "CC", "CC", "Left lung", "T12", "3",
    ]  # fmt: skip


def test_curves_of_two_shapes_become_two_labels_with_their_names(tmp_path):
    other = CENTER + TURN @ [26, 0, 0]
    write_contours({"liver": circles(CENTER, 10), "cyst": circles(other, 8)}, tmp_path / "drawn.csv")
    outputs = ("--output-labels", tmp_path / "l.nrrd", "--output-model", tmp_path / "m.vtp")
    code, report = segment(tmp_path / "drawn.csv", *outputs, "--spacing", 1, tmp_path=tmp_path)
    assert code == 0
    rows = {row["name"]: row for row in report["labels"]}
    assert rows["liver"]["volume_ml"] == pytest.approx(4 / 3 * np.pi * 1.0, rel=0.15)
    assert rows["cyst"]["volume_ml"] == pytest.approx(4 / 3 * np.pi * 0.512, rel=0.15)
    labels = read_volume(tmp_path / "l.nrrd")
    points = labels.grid.points()
    for value, center in ((1, CENTER), (2, other)):
        np.testing.assert_allclose(points[labels.array.ravel() == value].mean(0), center, atol=0.5)
    assert read_surface(tmp_path / "m.vtp").GetPointData().GetArray("Uncertainty (mm)").GetRange()[1] > 0.3


def test_curves_in_files_of_their_own_and_slicers_markups_are_one_shape(tmp_path):
    files = []
    for number, curve in enumerate(circles(CENTER, 10)):
        file = tmp_path / f"CC_{number}.csv"
        write_landmarks(curve, file)
        files.append(file)
    markup = {
        "type": "ClosedCurve",
        "coordinateSystem": "LPS",
        "controlPoints": [
            {"position": (point * LPS).tolist(), "positionStatus": "defined"}
            for point in circles(CENTER, 10, [0])[0][::4]
        ],
    }
    (tmp_path / "CC.mrk.json").write_text(json.dumps({"markups": [markup]}))
    found = read_contours([*files, tmp_path / "CC.mrk.json"])
    assert list(found) == ["CC"] and len(found["CC"]) == 5
    np.testing.assert_allclose(radius(found["CC"][-1], CENTER), 10, atol=0.05)  # a smooth curve through eight points
    assert shapes_of(*files).names == {1: "CC"}


def test_contours_of_an_rtstruct_are_read_in_ras_with_their_names(tmp_path):
    file = write_rtstruct(tmp_path / "structures.dcm", {"PTV": circles(CENTER, 10), "empty": []})
    found = read_contours([file])
    assert list(found) == ["PTV"]
    np.testing.assert_allclose(found["PTV"][0], circles(CENTER, 10)[0], atol=1e-3)
    assert shapes_of(file).names == {1: "PTV"}


def write_rtstruct(path, structures):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    data, data.file_meta = Dataset(), FileMetaDataset()
    data.Modality, data.SOPClassUID = "RTSTRUCT", "1.2.840.10008.5.1.4.1.1.481.3"
    data.SOPInstanceUID = generate_uid()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.StructureSetROISequence, data.ROIContourSequence = [], []
    for number, (name, curves) in enumerate(structures.items(), start=1):
        region, contours = Dataset(), Dataset()
        region.ROINumber, region.ROIName = number, name
        contours.ReferencedROINumber, contours.ContourSequence = number, []
        for curve in curves:
            item = Dataset()
            item.ContourGeometricType, item.NumberOfContourPoints = "CLOSED_PLANAR", len(curve)
            item.ContourData = [f"{value:.6f}" for value in (curve * LPS).ravel()]
            contours.ContourSequence.append(item)
        data.StructureSetROISequence.append(region)
        data.ROIContourSequence.append(contours)
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contour,x,y,z\n1,0,0,0\n1,1,nan,0\n", "line 3"),
        ("contour,x,y\n1,0,0\n", "columns x, y or z"),
        ("contour,x,y,z\n", "no contour"),
    ],
)
def test_a_table_of_curves_that_is_wrong_is_refused(text, words, tmp_path):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_contours([tmp_path / "c.csv"])


# -- points ------------------------------------------------------------------------------------------------------------
def test_points_with_normals_come_from_tables_and_surface_files(tmp_path):
    normals = np.random.default_rng(0).normal(size=(400, 3))
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    rows = np.hstack([CENTER + 9 * normals, normals])
    np.savetxt(tmp_path / "p.csv", rows, delimiter=",", header="x,y,z,nx,ny,nz", comments="")
    points, found = read_point_cloud(tmp_path / "p.csv")
    np.testing.assert_allclose(np.hstack([points, found]), rows)
    code, report = segment(tmp_path / "p.csv", "--output-model", tmp_path / "m.stl", tmp_path=tmp_path)
    assert code == 0 and "Normals as given" in report["notes"][0]
    assert report["labels"][0]["volume_ml"] == pytest.approx(4 / 3 * np.pi * 0.729, rel=0.05)
    points, found = read_point_cloud(tmp_path / "m.stl")  # which stores no normals: those of its faces
    outward = (points - CENTER) / radius(points, CENTER)[:, None]
    assert (found * outward).sum(1).mean() > 0.98


# -- vessels -----------------------------------------------------------------------------------------------------------
def line(start, end, radii, count=30):
    share = np.linspace(0, 1, count)[:, None]
    places = CENTER + (np.array(start) * (1 - share) + np.array(end) * share) @ TURN.T
    return np.hstack([places, np.interp(share, [0, 1], radii)])


FORK = [
    line([-30, 0, 0], [0, 0, 0], (4, 4)),
    line([0, 0, 0], [20, 14, 0], (3, 1)),
    line([0, 0, 0], [20, -14, 3], (2, 2)),
]


def test_branches_of_a_vessel_become_one_closed_surface_of_their_radii():
    result = INRCore.segment_tubes(FORK, settings(), lattice_mm=0.7)
    row = result.table[0]
    assert (row["pieces"], row["cavities"], row["handles"]) == (1, 0, 0)
    assert row["input_mean_mm"] < 0.15  # of walls between the forks
    mesh = result.mesh(1)
    axis = TURN @ np.array([1.0, 0, 0])
    along = (mesh.points - CENTER) @ axis
    trunk = (along > -26) & (along < -8)
    away = np.linalg.norm((mesh.points - CENTER) - np.outer(along, axis), axis=1)[trunk]
    np.testing.assert_allclose(away, 4, atol=0.1)
    alone = sum(INRCore.segment_tubes([branch], settings(), lattice_mm=0.7).table[0]["volume_ml"] for branch in FORK)
    assert row["volume_ml"] < 0.97 * alone  # what two branches share counts once


def test_centre_lines_come_from_tables_and_from_lines_with_radii(tmp_path):
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    from INRCore.io.centerlines import read_centerlines
    from INRCore.io.surfaces import write_surface

    rows = [[number, *row] for number, branch in enumerate(FORK) for row in branch]
    np.savetxt(tmp_path / "v.csv", rows, delimiter=",", header="branch,x,y,z,radius", comments="")
    lines, places, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    places.SetData(numpy_to_vtk(np.concatenate(FORK)[:, :3].copy(), deep=True))
    for first in (0, 30, 60):
        cells.InsertNextCell(30, list(range(first, first + 30)))
    radii = numpy_to_vtk(np.concatenate(FORK)[:, 3].copy(), deep=True)
    radii.SetName("MaximumInscribedSphereRadius")
    lines.SetPoints(places)
    lines.SetLines(cells)
    lines.GetPointData().AddArray(radii)
    write_surface(lines, tmp_path / "v.vtp")
    for name in ("v.csv", "v.vtp"):
        found = read_centerlines(tmp_path / name)
        assert len(found) == 3
        for one, wanted in zip(found, FORK, strict=True):
            np.testing.assert_allclose(one, wanted, atol=1e-3)
        assert "3 branches" in shapes_of(tmp_path / name).given.notes[0]


@pytest.mark.parametrize(("change", "words"), [((0, 3, -1.0), "not above 0"), ((2, 1, np.nan), "finite")])
def test_wrong_centre_lines_are_refused(change, words):
    branch = FORK[0].copy()
    branch[change[0], change[1]] = change[2]
    with pytest.raises(InputError, match=words):
        INRCore.segment_tubes([branch])


# -- messages ----------------------------------------------------------------------------------------------------------
def test_curves_that_cross_or_overlap_in_a_plane_are_told():
    ball = circles(CENTER, 10)
    eight = ball[1].copy()
    eight[[4, 20]] = eight[[20, 4]]
    crossing = given_contours([ball[0], eight, ball[2], ball[3]], None).notes
    assert any("cross themselves or each other in 1 plane(s)" in note for note in crossing)
    moved = [curve + TURN @ [8, 0, 0] for curve in ball]
    overlapping = given_contours({1: ball, 2: moved}, None).notes
    assert any("label 1 and label 2 overlap in 4 plane(s)" in note for note in overlapping)
    fine = given_contours(ball, None).notes
    assert not any("cross" in note or "overlap" in note for note in fine)


def test_a_label_at_the_edge_of_the_volume_is_told_and_cut_off_flat():
    ball = (radius(GRID.points(), GRID.index_to_world(np.array([2.0, 17, 15]))) < 9).reshape(GRID.shape)
    array = ball.astype(np.uint8)
    array[5:8, 25:28, 25:28] = 2
    result = INRCore.segment(Volume(array, GRID), settings())
    assert any(note.startswith("At the edge of the volume: label 1.") for note in result.notes)
    assert not any("label 2" in note for note in result.notes)
    assert GRID.world_to_index(result.mesh(1).points)[:, 0].min() == pytest.approx(-0.5, abs=0.05)
    np.testing.assert_array_equal(result.labels.array, array)
