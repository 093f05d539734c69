"""The demo: cases with known answers, and the whole of it (slow) as a user gets it."""

import zipfile

import numpy as np
import pytest
from scipy import ndimage

from INRCore.demo.cases import coarser, foreground, known_warp, load_input, thick_slices, tissue_labels
from INRCore.demo.report import Section, write_report


@pytest.fixture(scope="module")
def head():
    return load_input(None, None)[0]


def test_the_known_warp_really_carries_fixed_points_to_moving_points(head):
    """The moving image at the moving points looks like the fixed image at the fixed points, and not before."""
    case = known_warp(head, None, seed=0)
    shift = np.linalg.norm(case.moving_points - case.fixed_points, axis=1)
    assert 2 < shift.mean() < 8

    def values(volume, points):
        index = volume.grid.world_to_index(points)
        return ndimage.map_coordinates(volume.as_float32(), index.T[::-1], order=3, mode="nearest")

    fixed = values(case.fixed, case.fixed_points)
    after = np.corrcoef(fixed, values(case.moving, case.moving_points))[0, 1]
    before = np.corrcoef(fixed, values(case.moving, case.fixed_points))[0, 1]
    assert after > 0.95 > 0.8 > before


def test_thick_slices_are_averages_at_the_place_of_their_voxels(head):
    thick, truth = thick_slices(head, 3)
    axis = int(np.argmax(thick.grid.spacing))
    assert thick.grid.spacing[axis] == pytest.approx(3 * truth.grid.spacing[axis])
    np.testing.assert_allclose(thick.grid.corners, truth.grid.corners, atol=1e-6)
    first = np.take(truth.array, [3, 4, 5], axis=2 - axis).mean(2 - axis)
    np.testing.assert_allclose(np.take(thick.array, 1, axis=2 - axis), first, rtol=1e-5)


def test_labels_look_like_a_head_and_its_ventricles(head):
    labels = tissue_labels(head)
    assert set(np.unique(labels.array)) == {0, 1, 2}
    assert 0.15 < foreground(head).mean() < 0.6
    assert ndimage.label(labels.array > 0)[1] == 1


def test_larger_inputs_are_made_smaller_without_moving(head):
    small = coarser(head, 4.0)
    np.testing.assert_allclose(small.grid.spacing, [4, 4, 4], atol=1e-6)
    np.testing.assert_allclose(small.grid.center, head.grid.center, atol=1e-6)

    def centre(volume):
        return np.average(volume.grid.points(), axis=0, weights=volume.as_float32().ravel())

    np.testing.assert_allclose(centre(small), centre(head), atol=0.5)


def test_the_report_is_one_page_with_everything_inside(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG not really")
    section = Section("A <task>", "Text & more", [("psnr_db", "30")], [(picture, "before")], [(1, 2.0), (2, 1.0)])
    write_report(tmp_path / "report.html", "Title", "About", [section])
    page = (tmp_path / "report.html").read_text()
    assert "A &lt;task&gt;" in page and "psnr_db" in page
    assert page.count("data:image/png;base64") == 2
    assert "http" not in page


@pytest.mark.slow
def test_the_demo_writes_a_scene_files_pictures_and_a_report(tmp_path, slicer_app):
    from INRCore.demo import run_demo

    report = run_demo(None, str(tmp_path))
    page = report.read_text()
    for title in ("Compression", "Super-resolution", "Registration", "Segmentation"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("data:image/png;base64") >= 15
    with zipfile.ZipFile(tmp_path / "scene.mrb") as scene:
        names = " ".join(scene.namelist())
    for node in ("decompressed", "super_resolved", "registration_warped", "segmentation"):
        assert node in names
    for file in ("compressed.inr", "registration_transform.h5", "segmentation_model.vtp"):
        assert (tmp_path / file).stat().st_size > 1000
