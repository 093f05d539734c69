"""Series, vectors and colours: one frame or component is chosen, or the message says how."""

from __future__ import annotations

from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK
from file_tools import read_both_ways
from grids import GRIDS, SHAPE

from INRCore.errors import InputError, OutputError
from INRCore.io import read_volume, read_volumes, write_volumes
from INRCore.io.series_index import SeriesIndex
from INRCore.volume import Volume

OBLIQUE, MIRRORED = GRIDS["oblique"], GRIDS["left-handed oblique"]


def test_a_time_series_needs_a_frame(tmp_path: Path) -> None:
    series = np.random.default_rng(0).integers(0, 99, (12, 10, 8, 4)).astype(np.int16)
    for name in ("series.nii", "series.nii.gz"):
        nibabel.save(nibabel.Nifti1Image(series, OBLIQUE.ijk_to_world), tmp_path / name)
        with pytest.raises(InputError, match=r"4 frames; choose one with frame=0\.\.3 \(command line: --frame N\)"):
            read_volume(tmp_path / name)
        with pytest.raises(InputError, match=r"no frame 4; its frames are numbered 0\.\.3"):
            read_volume(tmp_path / name, frame=4)
        with pytest.raises(InputError, match="no component 1"):
            read_volume(tmp_path / name, frame=1, component=1)
        for frame in range(4):
            assert np.array_equal(read_volume(tmp_path / name, frame=frame).array, series[..., frame].T)


def test_a_five_dimensional_nifti_needs_both(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 99, (12, 10, 8, 2, 3)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), tmp_path / "five.nii.gz")
    with pytest.raises(InputError, match=r"2 frames and 3 components; .* frame=0\.\.1 and component=0\.\.2"):
        read_volume(tmp_path / "five.nii.gz")
    for frame, component in np.ndindex(2, 3):
        volume = read_volume(tmp_path / "five.nii.gz", frame=frame, component=component)
        assert np.array_equal(volume.array, array[..., frame, component].T)


def test_six_axes_are_refused_and_single_entries_dropped(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((12, 10, 8, 2, 1, 2), np.int16), np.eye(4)), tmp_path / "six.nii")
    with pytest.raises(InputError, match="2 x 1 x 2 volumes"):
        read_volume(tmp_path / "six.nii", frame=0)
    nibabel.save(nibabel.Nifti1Image(np.zeros((12, 10, 8, 1, 1), np.int16), np.eye(4)), tmp_path / "one.nii")
    assert read_volume(tmp_path / "one.nii").array.shape == SHAPE


def test_a_colour_nifti_needs_a_component(tmp_path: Path) -> None:
    colours = np.zeros((12, 10, 8), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    colours["G"] = np.arange(960).reshape(12, 10, 8) % 251
    nibabel.save(nibabel.Nifti1Image(colours, np.eye(4)), tmp_path / "rgb.nii")
    with pytest.raises(InputError, match="3 components"):
        read_volume(tmp_path / "rgb.nii")
    assert np.array_equal(read_volume(tmp_path / "rgb.nii", component=1).array, colours["G"].T)


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
@pytest.mark.parametrize(("kind", "name"), [("list", "frame"), ("vector", "component"), ("RGB-color", "component")])
def test_a_list_or_vector_axis_of_a_nrrd_may_be_anywhere(
    tmp_path: Path, axis: int, kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, stacks = MIRRORED, np.random.default_rng(1).integers(0, 99, (3, *SHAPE)).astype(np.int16)
    directions = list(grid.lps_affine[:3, :3].T)
    directions.insert(axis, np.full(3, np.nan))
    kinds = ["domain"] * 3
    kinds.insert(axis, kind)
    header = {"space": "LPS", "space directions": np.array(directions), "space origin": grid.lps_affine[:3, 3],
              "kinds": kinds}  # fmt: skip
    nrrd.write(str(tmp_path / "list.nrrd"), np.moveaxis(stacks, 0, 3 - axis), header, index_order="C")
    with pytest.raises(InputError, match=rf"3 {name}s; choose one with {name}=0\.\.2"):
        read_volume(tmp_path / "list.nrrd")
    for number in range(3):
        back = read_both_ways(tmp_path / "list.nrrd", monkeypatch, **{name: number})
        assert np.array_equal(back.array, stacks[number])
        assert back.grid.same_as(grid)


@pytest.mark.parametrize("extension", ["mha", "png", "tif"])
def test_a_colour_picture_is_one_slice_per_component(tmp_path: Path, extension: str) -> None:
    pixels = np.random.default_rng(2).integers(0, 255, (6, 7, 3)).astype(np.uint8)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(pixels, isVector=True), str(tmp_path / f"rgb.{extension}"))
    with pytest.raises(InputError, match="3 components"):
        read_volume(tmp_path / f"rgb.{extension}")
    back = read_volume(tmp_path / f"rgb.{extension}", component=2)
    assert np.array_equal(back.array, pixels[None, ..., 2])
    assert np.allclose(back.grid.spacing, 1)


def test_a_four_dimensional_metaimage_needs_a_frame(tmp_path: Path) -> None:
    series = np.random.default_rng(2).integers(0, 255, (3, *SHAPE)).astype(np.uint8)
    image = SimpleITK.GetImageFromArray(series, isVector=False)
    image.SetSpacing((1, 2, 3, 1))
    SimpleITK.WriteImage(image, str(tmp_path / "series.mha"))
    back = read_volume(tmp_path / "series.mha", frame=2)
    assert np.array_equal(back.array, series[2])
    assert np.allclose(back.grid.spacing, [1, 2, 3])


@pytest.mark.parametrize("kind", ["frames", "components"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float64])
def test_several_volumes_are_written_and_read_again_with_what_they_are_numbered_by(
    tmp_path: Path, kind: str, dtype: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = SeriesIndex(("b 0", "b 1000 (x)", "%"), "b-value", "s/mm2", is_numeric=False)
    arrays = np.random.default_rng(3).integers(0, 99, (3, *SHAPE)).astype(dtype)
    volumes = [Volume(array, MIRRORED, "scan", "HU", index.to_metadata()) for array in arrays]
    path = tmp_path / "scan.seq.nrrd"
    write_volumes(path, kind, iter(volumes), 3)
    found_kind, found = read_volumes(path)
    assert found_kind == kind
    for number, volume in enumerate(volumes):
        assert np.array_equal(found[number].array, volume.array) and found[number].array.dtype == dtype
        assert found[number].grid.same_as(MIRRORED) and found[number].units == "HU" and found[number].name == "scan"
        again = read_both_ways(path, monkeypatch, **{kind[:-1]: number})
        assert np.array_equal(again.array, volume.array)
    expected = index if kind == "frames" else SeriesIndex(("0", "1", "2"))
    assert SeriesIndex.of_metadata(found[0].metadata, 3) == expected


def test_slicers_own_reader_opens_a_written_series(tmp_path: Path) -> None:
    slicer = pytest.importorskip("slicer")
    from INRCore.scene import volume_from_node

    index = SeriesIndex(("0", "37.5", "75"), "time", "ms")
    arrays = np.random.default_rng(4).integers(0, 99, (3, *SHAPE)).astype(np.int16)
    path = tmp_path / "scan.seq.nrrd"
    write_volumes(path, "frames", [Volume(a, MIRRORED, metadata=index.to_metadata()) for a in arrays], 3)
    scene, storage = slicer.vtkMRMLScene(), slicer.vtkMRMLVolumeSequenceStorageNode()
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode")
    scene.AddNode(storage)
    storage.SetFileName(str(path))
    assert storage.ReadData(sequence)
    assert [sequence.GetNthIndexValue(n) for n in range(3)] == ["0", "37.5", "75"]
    assert (sequence.GetIndexName(), sequence.GetIndexUnit()) == ("time", "ms")
    last = volume_from_node(sequence.GetNthDataNode(2))
    assert last.grid.same_as(MIRRORED) and np.array_equal(last.array, arrays[2])


def test_volumes_that_do_not_fit_each_other_leave_no_file(tmp_path: Path) -> None:
    one, other = (Volume(np.zeros(g.shape, np.int16), g, "scan") for g in (OBLIQUE, MIRRORED))
    with pytest.raises(OutputError, match="another grid or type"):
        write_volumes(tmp_path / "a.nrrd", "frames", [one, other], 2)
    with pytest.raises(OutputError, match=r"one \.nrrd file only"):
        write_volumes(tmp_path / "a.nii", "frames", [one, one], 2)
    assert list(tmp_path.iterdir()) == []
