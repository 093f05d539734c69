"""Compressed volumes stay at their place in the world, on their own grid and on any other."""

from dataclasses import replace

import numpy as np
import pytest
from compression_cases import phantom, quick, settings, shift
from grids import GRIDS

from INRCore.compression import compress, decompress
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.metrics.image import psnr_db
from INRCore.volume import Volume


@pytest.fixture(scope="module")
def a_compressed_phantom():
    return phantom(), compress(phantom(), settings(target_ratio=5))


BLOB_RAS_SHARE = np.array([0.32, 0.6, 0.55])


def blob(grid, width_mm):
    """A Gaussian off the middle, float32, and its centre in RAS mm."""
    center = grid.index_to_world(BLOB_RAS_SHARE * (grid.size_ijk - 1))
    distance = np.square(grid.points() - center).sum(-1).reshape(grid.shape)
    return Volume((100 * np.exp(-0.5 * distance / width_mm**2)).astype(np.float32), grid, "blob"), center


def center_of_mass(volume):
    weights = np.where(volume.array > 15, volume.array, 0).reshape(-1).astype(float)
    return (volume.grid.points() * weights[:, None]).sum(0) / weights.sum()


@pytest.mark.parametrize("name", GRIDS)
def test_structure_stays_at_its_place_in_the_world_on_any_grid(name):
    grid = GRIDS[name].with_size((28, 24, 20))
    width_mm = 0.09 * np.ptp(grid.corners, axis=0).max()
    volume, center = blob(grid, width_mm)
    result = compress(volume, settings(target_ratio=2, fit={"iterations": 150}))
    assert result.metrics["psnr_db"] > 33
    truth = center_of_mass(volume)
    tolerance = 0.15 * grid.spacing.max()
    assert np.abs(center_of_mass(result.volume) - truth).max() < tolerance
    finer = result.decompress(spacing=grid.spacing * 0.6)
    assert finer.grid.voxel_count > 3 * grid.voxel_count
    assert np.abs(center_of_mass(finer) - truth).max() < tolerance
    side = 1.2 * np.ptp(grid.corners, axis=0).max()
    axial = Grid.from_parts((40, 40, 40), [side / 40] * 3, grid.center - side / 2 * (1 - 1 / 40))
    for other in [axial, axial.transformed(np.diag([-1, 1, -1, 1])).transformed(shift(2 * grid.center * [1, 0, 1]))]:
        seen = decompress(result.file, grid=other, device="cpu")
        expected = 100 * np.exp(-0.5 * np.square(other.points() - center).sum(-1) / width_mm**2).reshape(other.shape)
        inside = grid.contains(other.points()).reshape(other.shape)
        assert psnr_db(expected, seen.array, 100, inside) > 30
        assert (seen.array[~inside] == volume.array.min()).all()


def test_a_far_origin_costs_no_precision():
    near = phantom(dtype=np.float32)
    far = near.with_array(near.array, near.grid.transformed(shift([1e5, -2e5, 3e4])))
    a, b = (compress(volume, settings(target_ratio=5)).metrics["psnr_db"] for volume in (near, far))
    assert abs(a - b) < 0.5


def test_the_residual_is_only_for_the_native_grid_however_it_is_asked_for(a_compressed_phantom):
    volume, _ = a_compressed_phantom
    file = compress(volume, quick(target_max_error=0)).file
    same = volume.grid.transformed(shift([1e-6] * 3))
    for options in ({}, {"grid": same}, {"spacing": volume.grid.spacing}):
        assert np.array_equal(decompress(file, device="cpu", **options).array, volume.array)
    coarse = decompress(file, spacing=5, device="cpu")
    assert np.allclose(coarse.grid.spacing, 5) and coarse.array.dtype == np.int16
    assert np.array_equal(coarse.array, decompress(replace(file, residual=None), spacing=5, device="cpu").array)


def test_holes_come_back_at_their_place_and_on_other_grids_beside_it():
    volume = phantom(GRIDS["left-handed oblique"].with_size((20, 18, 16)), np.float32)
    array = volume.array.copy()
    array[3:8, 2:7, 9:15], array[0, 0, 0] = np.nan, np.inf
    file = compress(volume.with_array(array), quick()).file
    native = decompress(file, device="cpu").array
    assert np.array_equal(np.isnan(native), np.isnan(array)) and np.isposinf(native[0, 0, 0])
    finer = decompress(file, grid=volume.grid.with_size((40, 36, 32)), device="cpu").array
    assert np.array_equal(np.isnan(finer), np.isnan(array).repeat(2, 0).repeat(2, 1).repeat(2, 2))


def test_grids_that_make_no_sense_are_refused(a_compressed_phantom):
    volume, result = a_compressed_phantom
    with pytest.raises(InputError, match="not both"):
        decompress(result.file, grid=volume.grid, spacing=1)
    with pytest.raises(InputError, match="wholly outside"):
        decompress(result.file, grid=volume.grid.transformed(shift([500, 0, 0])))
    with pytest.raises(InputError, match="does not fit into memory"):
        decompress(result.file, spacing=1e-3)
    with pytest.raises(InputError, match="Spacing must be positive"):
        decompress(result.file, spacing=-1)
