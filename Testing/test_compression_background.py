"""Volumes whose object stands before a background of one value: what that is worth, and that it comes back exactly."""

import numpy as np
import pytest
from compression_cases import noise, phantom
from grids import GRIDS

from INRCore.compression import CompressionSettings, compress, decompress, inr_from_bytes
from INRCore.compression.background import find_background
from INRCore.compression.parts import Parts, pack_parts
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid.lifting import synthesise
from INRCore.compression.pyramid.support import needed_coefficients
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.metrics.image import max_abs_error, psnr_db

KEY = ("B", 0, 0)


def a_brain(dtype=np.float32, background=0.0, grid=None):
    """Bright noise within an ellipsoid, one value beyond it."""
    grid = grid or Grid.from_parts((24, 40, 44), (1, 1, 1))
    places = np.moveaxis(np.indices(grid.shape), 0, -1) / (np.array(grid.shape) - 1) * 2 - 1
    inside = np.linalg.norm(places, axis=-1) < 0.85
    rough = np.random.default_rng(4).normal(700, 20, grid.shape) + 100 * np.sin(places[..., 1] * 9)
    return phantom(grid).with_array(np.where(inside, rough, background).astype(dtype)), inside


@pytest.mark.parametrize(("dtype", "background"), [(np.float32, 0.0), (np.int16, -1024)])
def test_a_background_comes_back_exactly_and_saves_bytes(dtype, background):
    volume, inside = a_brain(dtype, background)
    result = compress(volume, CompressionSettings(target_psnr_db=34))
    found = decompress(inr_from_bytes(result.data))
    assert (found.array[~inside] == background).all()
    assert (volume.array[inside] != found.array[inside]).any()
    shifted = volume.array.copy()
    shifted[~inside] += np.random.default_rng(0).integers(0, 2, (~inside).sum()).astype(dtype)  # nearly one value
    plain = compress(volume.with_array(shifted), CompressionSettings(target_psnr_db=34))
    assert KEY not in Parts.of_bytes(plain.data, "'f'")
    assert len(result.data) < 0.85 * len(plain.data)


def test_a_value_that_is_frequent_by_chance_is_no_background():
    volume = phantom(Grid.from_parts((24, 24, 24), (1, 1, 1)))
    array = np.random.default_rng(0).integers(-8, 9, volume.array.shape).astype(np.int16) + volume.array
    volume = volume.with_array(array)
    assert find_background(array) is not None
    assert KEY not in Parts.of_bytes(compress(volume, CompressionSettings(target_ratio=12)).data, "'f'")


@pytest.mark.parametrize("array", [np.full((4, 4, 4), 3), np.arange(64.0).reshape(4, 4, 4), noise("bool")])
def test_there_is_no_background_without_a_share_and_a_front(array):
    assert find_background(array) is None


@pytest.mark.parametrize("bound", [0, 3])
def test_the_bound_holds_in_front_of_a_background(bound):
    volume, inside = a_brain(np.int16)
    found = compress(volume, CompressionSettings(target_max_error=bound)).volume.array
    assert max_abs_error(volume.array, found) <= bound and (found[~inside] == 0).all()


def test_the_edge_is_seen_where_it_lies_on_any_grid():
    grid = GRIDS["left-handed oblique"].with_size((32, 28, 24))
    volume, inside = a_brain(grid=grid)
    result = compress(volume, CompressionSettings(target_psnr_db=45))
    assert KEY in Parts.of_bytes(result.data, "'f'")
    shift = np.eye(4)
    shift[:3, 3] = 0.2
    other = Grid(grid.shape, grid.ijk_to_world @ shift)
    found = decompress(result.file, grid=other).array
    assert ((found > 300) == inside)[:-1, :-1, :-1].all()
    assert psnr_db(volume.array[2:-2, 2:-2, 2:-2], found[2:-2, 2:-2, 2:-2], 900) > 20


def test_a_damaged_background_is_named():
    volume, _ = a_brain()
    parts = dict(Parts.of_bytes(compress(volume, CompressionSettings(target_ratio=8)).data, "'f'"))
    for content in (b"", parts[KEY][:7], np.float64(np.nan).tobytes(), np.float64(1e9).tobytes() + parts[KEY][8:]):
        with pytest.raises(InputError, match=r"damaged: its background"):
            inr_from_bytes(pack_parts({**parts, KEY: content}), "'f'")
    cut = inr_from_bytes(pack_parts({**parts, KEY: parts[KEY][:-6]}), "'f'")
    with pytest.raises(InputError, match="'f' is damaged"):
        cut.decompress()


@pytest.mark.parametrize("shape", [(1, 21, 20), (26, 33, 31)])
def test_what_is_not_needed_reaches_no_voxel_that_matters(shape):
    front = np.zeros(shape, bool)
    front[:, 3:9, 11:14] = front[-1, -1, 0] = True
    levels = plan_levels(shape, (1, 1, 1))
    needed = needed_coefficients(front, levels)
    rng = np.random.default_rng(0)
    lattice = np.zeros(shape, np.int64)
    count = 0
    for level, bands in zip(levels, needed, strict=True):
        part = lattice[tuple(slice(n) for n in level.shape)]
        for band, wanted in bands.items():
            assert wanted.shape == level.band_shape(band)
            part[level.band_slices(band)] = np.where(wanted, 0, rng.integers(-(1 << 20), 1 << 20, wanted.shape))
            count += int((~wanted).sum())
    assert count > 0.2 * front.size
    found = synthesise(lattice, levels)
    assert not found[front].any() and found.any()
