"""Previews of a running fit: at the place of the result, and cheap."""

import time

import numpy as np
import pytest
from grids import GRIDS, rotation

from INRCore.errors import DeviceError
from INRCore.fitting import Control, Progress
from INRCore.geometry import Grid
from INRCore.io import read_volume, write_volume
from INRCore.jobs import Job, PreviewWriter, run_job
from INRCore.volume import Volume

SETTINGS = {
    "compress": {"codec": "network"},
    "register": {"smoothing_voxels": [0.0]},  # a preview of a coarse stage is blurred as its images are
    "segment": {"method": "network"},
}
TASKS = {
    "compress": ({"volume": "image"}, {"file": "result.inr"}),
    "super-resolve": ({"volumes": "image"}, {"volume": "result.nrrd"}),
    "register": ({"fixed": "image", "moving": "moved"}, {"volume": "result.nrrd"}),
    "segment": ({"labels": "labels"}, {"labels": "result.nrrd"}),
}


def object_grid():
    return Grid.from_parts((14, 24, 20), (1.5, 1.2, 3), (30, -20, 10), rotation(10, -20, 35))


def ball(grid, shift=(0, 0, 0), radius=10.0):
    """An off-centre blob, so that a mirrored or shifted preview is noticed."""
    distance = np.linalg.norm(grid.points() - grid.center - [4, -3, 5] - np.array(shift), axis=1)
    return (1000 * np.exp(-((distance / radius) ** 2))).astype(np.float32).reshape(grid.shape)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder, grid = tmp_path_factory.mktemp("inputs"), object_grid()
    volumes = {"image": ball(grid), "moved": ball(grid, (2, 0, 0)), "labels": (ball(grid) > 370).astype(np.uint8)}
    for name, array in volumes.items():
        write_volume(Volume(array, grid, name=name), folder / f"{name}.nii")
    return folder


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("voxels", [1, 50, 400, 10**6])
def test_a_coarse_grid_has_the_same_field_of_view_and_no_more_voxels_than_asked_for(grid, voxels):
    coarse = grid.coarsened(voxels)
    np.testing.assert_allclose(coarse.corners, grid.corners, atol=1e-9)
    assert coarse.voxel_count <= voxels
    assert (coarse.size_ijk <= grid.size_ijk).all()
    if voxels > grid.voxel_count:
        assert coarse.same_as(grid)


@pytest.mark.parametrize("task", TASKS)
def test_a_preview_shows_the_result_at_its_place(task, inputs, tmp_path):
    roles, outputs = TASKS[task]
    paths = {role: str(inputs / f"{name}.nii") for role, name in roles.items()}
    job = Job(
        task=task,
        inputs={role: [path] if role == "volumes" else path for role, path in paths.items()},
        outputs={role: str(tmp_path / name) for role, name in outputs.items()},
        settings={"fit": {"iterations": 100_000, "points": 500}, **SETTINGS.get(task, {})},
        preset="fast",
        device="cpu",
        preview=str(tmp_path / "preview.nii"),
    )
    writer, control = PreviewWriter(job.preview), Control()

    def watch(progress):
        if progress.stage == "fit" and progress.iteration >= 200 and not control.stopped:
            writer._due = 0
            assert writer.write(progress)
            control.stop()

    run_job(job, watch, control)
    preview = read_volume(job.preview)
    if task == "segment":
        assert set(np.unique(preview.array)) == {0, 1}
        truth = ball(preview.grid) > 370
        assert 2 * (truth & (preview.array > 0)).sum() / (truth.sum() + preview.array.sum()) > 0.6
    else:
        np.testing.assert_allclose(preview.grid.corners, object_grid().corners, atol=0.8)
        assert np.corrcoef(preview.array.ravel(), ball(preview.grid).ravel())[0, 1] > 0.9


def test_previews_take_less_than_a_twentieth_of_the_time(tmp_path):
    """A slow computer: 20 us a voxel. The preview gets coarser and seldom enough."""
    grid = Grid.from_parts((64, 64, 64))

    def slow(voxels):
        coarse = grid.coarsened(voxels)
        time.sleep(20e-6 * coarse.voxel_count)
        return Volume(np.zeros(coarse.shape, np.float32), coarse)

    writer, written, begun = PreviewWriter(tmp_path / "preview.nii"), 0, time.perf_counter()
    while written < 2:
        written += writer.write(Progress("fit", 1, 2, preview=slow))
        time.sleep(0.01)
    assert writer.seconds < 0.05 * (writer._due - begun)  # until the next one


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory"), DeviceError("no room")])
def test_a_preview_for_which_there_is_no_memory_does_no_harm(tmp_path, error):
    def fail(voxels):
        raise error

    writer = PreviewWriter(tmp_path / "preview.nii")
    writer._due = 0
    assert not writer.write(Progress("fit", 1, 2, preview=fail))
    writer._due = 0
    with pytest.raises(ZeroDivisionError):  # a mistake of ours is not hidden
        writer.write(Progress("fit", 1, 2, preview=lambda voxels: 1 / 0))


def test_a_preview_that_cannot_be_written_does_no_harm(tmp_path):
    writer = PreviewWriter(tmp_path / "gone" / "preview.nii")
    writer._due = 0
    grid = Grid.from_parts((4, 4, 4))
    assert not writer.write(Progress("fit", 1, 2, preview=lambda voxels: Volume(np.zeros(grid.shape), grid)))
