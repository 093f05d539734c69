"""What people try first in the Python console is understood, or refused with the way to do it."""

import numpy as np
import pytest
from command_tools import run
from grids import GRIDS

import INRCore
from INRCore.compression import estimate
from INRCore.settings import from_dict, to_dict

GRID = GRIDS["left-handed oblique"].with_size([12, 10, 8])


def volume():
    return INRCore.Volume(np.arange(GRID.voxel_count, dtype=np.int16).reshape(GRID.shape), GRID)


@pytest.mark.parametrize("given", [np.zeros(GRID.shape), "head.nrrd", 7])
def test_anything_but_a_volume_is_refused_with_the_way_to_make_one(given):
    doors = (
        lambda: INRCore.compress(given), lambda: INRCore.compress(volume(), region=given),
        lambda: estimate(given), lambda: INRCore.register(given, volume()), lambda: INRCore.register(volume(), given),
        lambda: INRCore.super_resolve([volume(), given]), lambda: INRCore.super_resolve(given),
        lambda: INRCore.segment(given),
    )  # fmt: skip
    for door in doors:
        with pytest.raises(INRCore.InputError, match=r"INRCore\.read_volume\(path\)"):
            door()


def test_a_volume_takes_arrays_and_grids_only():
    for array, grid in (([[[1, 2]]], GRID), (np.zeros(GRID.shape), np.eye(4))):
        with pytest.raises(INRCore.InputError, match="takes a NumPy array and a Grid"):
            INRCore.Volume(array, grid)


def test_numbers_of_numpy_are_numbers():
    settings = INRCore.CompressionSettings(target_ratio=np.float32(8), region_max_error=np.int64(2))
    assert from_dict(INRCore.CompressionSettings, to_dict(settings)) == settings
    assert to_dict(settings)["target_ratio"] == 8 and to_dict(settings)["region_max_error"] == 2
    small = INRCore.compress(volume(), INRCore.CompressionSettings(target_bytes=np.int64(400)))
    assert len(small.data) <= 400
    with pytest.raises(INRCore.InputError, match="must be a number from 1 to"):
        INRCore.CompressionSettings(target_ratio=np.int64(0))


def test_a_quality_of_a_region_that_is_not_given_is_refused(tmp_path, capsys):
    with pytest.raises(INRCore.InputError, match="no region is given"):
        INRCore.compress(volume(), INRCore.CompressionSettings(region_max_error=0))
    INRCore.write_volume(volume(), tmp_path / "head.nrrd")
    for command in (["compress", tmp_path / "head.nrrd", tmp_path / "head.inr"], ["estimate", tmp_path / "head.nrrd"]):
        assert run(*command, "--psnr", 30, "--region-max-error", 0) == 3
        assert "--region" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "words"),
    [({"spacing": (1, 2)}, "one number or three"), ({"spacing": "fine"}, "one number"), ({"grid": volume()}, "a Grid")],
)
def test_where_to_open_a_file_is_checked(where, words):
    with pytest.raises(INRCore.InputError, match=words):
        INRCore.compress(volume(), INRCore.CompressionSettings(target_max_error=3)).decompress(**where)
