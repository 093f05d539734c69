"""Label maps without loss."""

import warnings

import numpy as np
import pytest
from grids import GRIDS

from INRCore.compression import CompressionSettings, compress, decompress, inr_from_bytes
from INRCore.errors import InputError
from INRCore.volume import Volume

LABELS = CompressionSettings(codec="labels")
GRID = GRIDS["left-handed oblique"].with_size((41, 36, 27))


def organs(dtype=np.int16, grid=GRID):
    """Overlapping balls with odd values."""
    index = np.moveaxis(np.indices(grid.shape), 0, -1).astype(float)
    generator, array = np.random.default_rng(1), np.zeros(grid.shape, dtype)
    for value in (3, 200, 7, 90, 41):
        center, radius = generator.uniform(4, 24, 3), generator.uniform(5, 11)
        array[np.linalg.norm(index - center, axis=-1) < radius] = value
    return Volume(array, grid, "organs", metadata={"labels": {"3": {"name": "Leber"}}})


NOISE = np.random.default_rng(0).integers(-5, 90, (9, 14, 12))
CASES = {
    "organs": organs().array,
    "bytes": organs(np.uint8).array,
    "real numbers": organs(np.float32).array,
    "noise": NOISE.astype(np.int32),
    "thin": NOISE[:1].astype(np.int8),
    "a line": NOISE[:1, :1].astype(np.int64) * 10**12,
    "one voxel": np.full((1, 1, 1), 7, np.uint16),
    "bits": NOISE > 40,
}


@pytest.mark.parametrize("name", CASES)
def test_every_label_comes_back(name):
    volume = Volume(CASES[name], GRID.with_size(CASES[name].shape[::-1]))
    found = decompress(inr_from_bytes(compress(volume, LABELS).data)).array
    assert found.dtype == volume.array.dtype and np.array_equal(found, volume.array)


def test_labels_take_less_than_half_of_gzip_and_of_the_exact_wavelets_and_keep_their_names():
    result = compress(organs(), LABELS)
    assert result.metrics["ratio_against_gzip_nrrd"] > 1.3
    assert len(result.data) < 0.6 * len(compress(organs(), CompressionSettings(target_max_error=0)).data)
    assert result.file.metadata["labels"]["3"]["name"] == "Leber" and "5" not in result.file.metadata["labels"]
    assert result.file.describe()["field"] == "6 labels"


def test_a_coarser_grid_takes_the_nearest_of_its_lattice():
    volume, file = organs(), compress(organs(), LABELS).file
    coarse = GRID.with_size(GRID.size_ijk)
    every = coarse.ijk_to_world @ np.diag([2, 2, 2, 1.0])
    from INRCore.geometry import Grid

    target = Grid(tuple((n + 1) // 2 for n in GRID.shape), every)
    assert np.array_equal(decompress(file, grid=target).array, volume.array[::2, ::2, ::2])
    assert set(np.unique(decompress(file, spacing=1.0).array)) <= set(np.unique(volume.array))


def test_a_file_cut_short_gives_coarser_labels_and_a_damaged_one_a_line():
    data = compress(organs(), LABELS).data
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = decompress(inr_from_bytes(data[:-200])).array
    assert told and (found == organs().array).mean() > 0.7
    generator, refused = np.random.default_rng(0), 0
    for _ in range(40):
        broken = bytearray(data)
        broken[generator.integers(len(data))] ^= int(generator.integers(1, 256))
        try:
            decompress(inr_from_bytes(bytes(broken)))
        except InputError:
            refused += 1
    assert refused > 36


def test_other_numbers_are_refused():
    with pytest.raises(InputError, match="no label map"):
        compress(Volume(np.linspace(0, 1, 24).reshape(2, 3, 4), GRID.with_size((4, 3, 2))), LABELS)
