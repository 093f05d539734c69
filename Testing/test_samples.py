"""Samples to try the modules on: realistic, placed right, with a truth that holds."""

from pathlib import Path

import numpy as np
import pytest
import slicer_double
from panel_tools import an_empty_scene

from INRCore import samples

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("INRCompression", "INRReconstruction", "INRRegistration", "INRSegmentation")


@pytest.fixture(scope="module")
def slicer_app():
    with slicer_double.installed() as double:
        for name in MODULES:
            double.load_module(ROOT / name / f"{name}.py")
        double.finish_startup()
        yield double


@pytest.fixture
def scene(slicer_app):
    with an_empty_scene(slicer_app) as empty:
        yield empty


def values_at(volume, points):
    """Values of the nearest voxels."""
    i, j, k = np.rint(volume.grid.world_to_index(points)).astype(int).T
    return volume.array[k, j, i].astype(float)


def test_the_pair_of_heads_is_related_by_the_known_warp():
    fixed, moving = samples.head_pair()
    inside = np.random.default_rng(0).uniform(-55, 55, (8000, 3))
    at_fixed, at_moving = values_at(fixed, inside), values_at(moving, samples.warp(inside))
    assert np.corrcoef(at_fixed, at_moving)[0, 1] > 0.9
    assert np.corrcoef(at_fixed, values_at(moving, inside))[0, 1] < 0.8
    moved = np.linalg.norm(samples.warp(inside) - inside, axis=1)
    assert 3 < moved.mean() < 6 and not fixed.grid.same_as(moving.grid)


def test_a_thick_slice_is_the_mean_over_its_thickness():
    thick = samples.thick_slices()
    assert thick.grid.spacing == pytest.approx([1.5, 1.5, 6])
    points = thick.grid.index_to_world(np.array([[52, 64, 14], [40, 50, 16], [60, 80, 12]]))
    across = thick.grid.directions[:, 2]
    fine = [samples.head(point + np.linspace(-3, 3, 61)[:, None] * across).mean() for point in points]
    assert values_at(thick, points) == pytest.approx(fine, abs=60)


def test_the_contours_are_drawn_on_some_slices_only_and_leave_gaps():
    volume = samples.head_volume()
    drawn = samples.drawn_labels(volume)
    numbers = np.flatnonzero(drawn.labels.array.any(axis=(1, 2)))
    assert len(numbers) > 6 and (np.diff(numbers) == 3).all()
    assert set(np.unique(drawn.labels.array)) == {0, *drawn.names}


@pytest.mark.parametrize("name", MODULES)
def test_a_sample_fits_the_parameters_of_its_module_so_that_apply_can_be_clicked(name, slicer_app, scene):
    import sys

    from INRCore.panel.samples import add_sample

    panel = slicer_app.open_panel(sys.modules[name])
    panel.enter()
    assert not panel.ui.applyButton.enabled
    for parameter, node in add_sample(name).items():
        setattr(panel.parameters, parameter, node)
        assert getattr(panel.parameters, parameter) is node
    assert panel.ui.applyButton.enabled, panel.ui.applyButton.text
    panel.cleanup()


def test_sample_data_lists_a_sample_for_every_module_and_a_real_head_with_its_checksum(scene):
    from SampleData import SampleDataLogic

    sources = {source.sampleName: source for source in SampleDataLogic.sources["Neural Fields"]}
    real = sources.pop("MR head (compression)")
    (checksum,), (address,) = real.checksums, real.uris
    assert checksum.startswith("SHA256:") and address.endswith(checksum.removeprefix("SHA256:"))
    assert [Path(source.thumbnailFileName).stem for source in sources.values()] == list(MODULES)
    assert all(Path(source.thumbnailFileName).is_file() for source in sources.values())
    count = scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    pair = sources["Synthetic pair of heads (registration)"]
    pair.customDownloader(pair)
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == count + 2
