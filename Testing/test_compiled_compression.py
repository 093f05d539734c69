"""The compiled loops of the codec 'pyramid' give what NumPy gives, to the bit."""

import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from INRCore import CompressionSettings, Grid, Volume
from INRCore.compression import inr_from_bytes, inr_to_bytes
from INRCore.compression.content import plain_content
from INRCore.compression.pyramid import loops
from INRCore.compression.pyramid.restoration import load_restoration
from INRCore.compression.pyramid_encoder import PyramidEncoder
from INRCore.errors import InputError
from INRCore.fields.switch import use_engine
from Testing.old_files import OLD_FILES

pytest.importorskip("numba")


@pytest.fixture
def compiled(monkeypatch):
    """Small volumes are worth the compiled loops here."""
    monkeypatch.setattr(loops, "_WORTH", 0)
    monkeypatch.setattr(loops, "_loaded", False)


def a_volume(shape=(31, 38, 45)):
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    values = 400 * np.sin(k / 5) * np.cos(j / 7) + 300 * ((i - 20) ** 2 + (j - 19) ** 2 < 150)
    values = values + np.random.default_rng(4).normal(0, 25, shape)
    return Volume(values.astype(np.int16), Grid.from_parts(shape, (0.8, 0.8, 1.0)))


def encoded(volume, step, bound=None):
    encoder = PyramidEncoder(volume, plain_content(volume, CompressionSettings()))
    return inr_to_bytes(encoder.file(encoder.quantised(step), bound))


def decoded(data):
    return inr_from_bytes(data).decompress(device="cpu").array


@pytest.mark.parametrize(("step", "bound"), [(60.0, None), (12.0, 4.0)])
def test_voxels_are_the_same(compiled, step, bound):
    with use_engine("numpy"):
        data = encoded(a_volume(), step, bound)
        plain = decoded(data)
        assert not loops.use_loops()
    assert np.array_equal(decoded(data), plain)
    assert loops.use_loops()


def test_restored_samples_and_bytes_are_the_same(compiled):
    volume = a_volume((24, 30, 37))
    samples, boxes = (8 * volume.array.astype(np.int32)), [(slice(1, 24), slice(3, 30), slice(0, 36))]
    samples[:8, :9], samples[10:20, 9:20, :18] = 5, np.arange(18) % 12  # too flat to be restored, along i in parts
    with use_engine("numpy"):
        plain, data = load_restoration().applied(samples, boxes), encoded(volume, 30.0)
    loops.prepare_loops(samples.size)
    assert np.array_equal(load_restoration().applied(samples, boxes), plain)
    assert 0.5 < np.mean(plain != samples) < 0.95
    assert encoded(volume, 30.0) == data


@pytest.mark.parametrize("name", OLD_FILES)
def test_files_of_earlier_versions_are_read_to_the_bit(compiled, name):
    crc, data = OLD_FILES[name]
    assert zlib.crc32(np.ascontiguousarray(decoded(data)).tobytes()) == crc


def test_a_stream_that_ends_too_early_is_refused(compiled):
    with use_engine("numpy"):
        file = inr_from_bytes(encoded(a_volume((16, 16, 16)), 20.0))
    key = ("L", 0, 0)
    cut = dict(file.pyramid.parts) | {key: file.pyramid.parts[key][:-40]}
    object.__setattr__(file.pyramid, "parts", cut)
    with pytest.raises(InputError, match="too early"):
        file.decompress()


def test_a_small_volume_does_not_wait_for_numba():
    code = """
import sys, numpy as np
from INRCore import Grid, Volume, compress, decompress
volume = Volume(np.arange(1000, dtype=np.int16).reshape(10, 10, 10), Grid.from_parts((10, 10, 10), (1, 1, 1)))
decompress(compress(volume).file)
assert "numba" not in sys.modules
"""
    root = Path(__file__).resolve().parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
