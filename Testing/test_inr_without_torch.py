"""An .inr file opens without torch: NumPy gives what torch gives."""

import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from grids import rotation

from INRCore import CompressionSettings, FieldSettings, Grid, Volume, compress
from INRCore.compression.lattice import sample_values
from INRCore.errors import DeviceError, InputError
from INRCore.fields import Field, Frame, NumpyField
from INRCore.fields.settings import ENCODING_NAMES, NETWORK_NAMES
from INRCore.fitting import FitSettings

ROOT = Path(__file__).resolve().parents[1]
GRID = Grid.from_parts((11, 12, 14), (1, 1.5, 2), (40, -30, 20), rotation(20, -10, 35) @ np.diag([-1, 1, 1]))
READ_WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # importing it fails from here on
import numpy as np
from INRCore.compression import read_inr
from INRCore.fields import NumpyField
file = read_inr(sys.argv[1])
assert isinstance(file.field, NumpyField)
np.save(sys.argv[2], file.decompress().array)
np.save(sys.argv[3], file.decompress(spacing=3).array)
"""


def a_field(network, encoding):
    sizes = {"width": 24, "depth": 3, "hash_log2_entries": 9}
    settings = FieldSettings(network=network, encoding=encoding, omega_first=15.0, omega_hidden=15.0, **sizes)
    field = Field(settings, Frame.of_grid(GRID), seed=3, output_scale=2.0, output_offset=-1.0)
    if hasattr(field.encoding, "table"):  # it starts near zero, where every field is constant
        field.encoding.table.data *= 1e4
    return field


def a_volume(dtype=np.int16):
    from_center = GRID.points() - GRID.center
    values = 900 * np.exp(-(from_center**2).sum(1) / 60) + 30 * np.sin(from_center[:, 0])
    return Volume(values.reshape(GRID.shape).astype(dtype), GRID, name="blob")


def compressed(volume, **targets):
    settings = CompressionSettings(
        field=FieldSettings(network="finer", width=32, depth=3),
        fit=FitSettings(iterations=60, device="cpu"),
        codec="network",
        **targets,
    )
    return compress(volume, settings)


def read_without_torch(result, folder):
    """The volume on its own grid and with another spacing, as a Python without torch reads them."""
    paths = [folder / name for name in ("a.inr", "native.npy", "other.npy")]
    result.save(paths[0])
    command = [sys.executable, "-c", READ_WITHOUT_TORCH, *map(str, paths)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return np.load(paths[1]), np.load(paths[2])


@pytest.mark.parametrize(("network", "encoding"), list(itertools.product(NETWORK_NAMES, ENCODING_NAMES)))
def test_every_network_with_every_encoding_has_the_same_values_in_numpy(network, encoding):
    field = a_field(network, encoding)
    numpy_field = NumpyField.from_tensors(*field.to_tensors())
    assert numpy_field.parameter_count == field.parameter_count
    for double, tolerance in ((True, 1e-10), (False, 1e-3)):
        expected = np.concatenate([v for _, v in sample_values(field, GRID, torch.device("cpu"), double)])
        found = np.concatenate([v[:, 0] for _, v in numpy_field.sample_values(GRID, double)])
        assert found.dtype == expected.dtype
        assert np.abs(found - expected).max() < tolerance * np.ptp(expected)


def test_a_file_without_an_error_bound_differs_by_one_rounding_at_most(tmp_path):
    result = compressed(a_volume())
    native, other = read_without_torch(result, tmp_path)
    for array, expected in ((native, result.volume.array), (other, result.decompress(spacing=3).array)):
        assert array.dtype == expected.dtype and array.shape == expected.shape
        difference = np.abs(array.astype(int) - expected)
        assert difference.max() <= 1 and np.mean(difference > 0) < 0.01


def test_an_exact_file_is_exact_without_torch(tmp_path):
    volume = a_volume()
    native, _ = read_without_torch(compressed(volume, target_max_error=0), tmp_path)
    assert np.array_equal(native, volume.array)


def test_an_error_bound_in_floating_point_holds_without_torch(tmp_path):
    volume = a_volume(np.float32)
    volume.array[2, 3, 4] = np.nan
    result = compressed(volume, target_max_error=2.5)
    native, _ = read_without_torch(result, tmp_path)
    assert np.isnan(native[2, 3, 4]) and np.isnan(native).sum() == 1
    assert np.nanmax(np.abs(native.astype(float) - volume.array)) <= 2.5
    assert np.nanmax(np.abs(native.astype(float) - result.volume.array)) < 1e-6 * 900


def test_a_device_that_needs_torch_is_not_silently_replaced():
    result = compressed(a_volume())
    file = replace(result.file, field=NumpyField.from_tensors(*result.field.to_tensors()))
    assert np.abs(file.decompress(device="cpu").array.astype(int) - result.volume.array).max() <= 1
    with pytest.raises(DeviceError, match="needs torch"):
        file.decompress(device="cuda")


def test_weights_that_do_not_fit_their_description_are_refused():
    tensors, metadata = a_field("wire", "fourier").to_tensors()
    assert NumpyField.from_tensors(tensors, metadata).to_tensors()[1] == metadata
    del tensors["network.layers.1.bias"]
    with pytest.raises(InputError, match="do not fit"):
        NumpyField.from_tensors(tensors, metadata, "f.inr")
