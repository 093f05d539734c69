"""The .inr file: versions, damage, hostile content, overwriting."""

import json
import struct
import time
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
import torch
from compression_cases import phantom, quick, settings
from damaged_files import container_opened, container_resealed, hostile, survives

from INRCore.compression import (
    compress,
    inr_to_bytes,
    read_inr,
    write_inr,
)
from INRCore.errors import InputError, OutputError
from INRCore.geometry import Grid


@pytest.fixture(scope="module")
def a_compressed_phantom():
    return phantom(), compress(phantom(), settings(target_ratio=5))


def test_files_are_not_overwritten_unasked_and_can_be_written_again(a_compressed_phantom, tmp_path):
    _, result = a_compressed_phantom
    path = tmp_path / "Schädel.inr"
    result.save(path)
    with pytest.raises(OutputError, match="exists already"):
        result.save(path)
    result.save(path, force=True)
    write_inr(tmp_path / "again.inr", read_inr(path))
    assert (tmp_path / "again.inr").read_bytes() == path.read_bytes() == result.data
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_other_versions_and_other_files_are_refused_with_the_way_out(a_compressed_phantom, tmp_path):
    data = a_compressed_phantom[1].data
    cases = {
        "newer .inr version 5.*update": data[:8] + struct.pack("<I", 5) + data[12:],
        "older .inr version 0.*compress the original again": data[:8] + struct.pack("<I", 0) + data[12:],
        "text-mode": data.replace(b"\r\n", b"\n", 1),
        "not an .inr file": b"NRRD0004\n" + data,
        "cut short": data[:-1],
        "cut short or damaged": data + b"\0",
    }
    for message, content in cases.items():
        (tmp_path / "a.inr").write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            read_inr(tmp_path / "a.inr")
        assert str(error.value).startswith(f"'{tmp_path / 'a.inr'}'") and "\n" not in str(error.value)
    with pytest.raises(InputError, match="Cannot read"):
        read_inr(tmp_path / "missing.inr")


def small_files():
    """Files with every kind of section, small enough to decode thousands of times."""
    volume = phantom(Grid.from_parts((3, 7, 6), (1, 2, 3)), np.float32)
    holed = volume.array.copy()
    holed[0, 0, :3] = [np.nan, np.inf, -np.inf]
    return [
        compress(volume.with_array(holed), quick(target_max_error=5)).data,
        compress(phantom(volume.grid), quick()).data,
        compress(volume.with_array(np.full(volume.array.shape, 3.0)), quick()).data,
    ]


def test_two_thousand_damaged_files_give_a_line_and_never_a_crash():
    generator = np.random.default_rng(11)
    originals = small_files()
    started = time.perf_counter()
    for number in range(2000):
        data = bytearray(originals[number % len(originals)])
        for _ in range(generator.integers(1, 4)):
            data[generator.integers(8, len(data))] ^= 1 << generator.integers(8)
        assert not survives(bytes(data)) or number < 0
    for original in originals:
        for length in range(0, len(original), 13):
            assert not survives(original[:length])
    assert time.perf_counter() - started < 60


def test_hostile_files_with_valid_checksums_give_a_line_and_never_a_crash():
    generator, originals = np.random.default_rng(12), small_files()
    assert all(survives(data) for data in originals)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        survivors = sum(survives(hostile(originals[number % len(originals)], generator)) for number in range(2000))
    assert 100 < survivors < 1900


def header_with(data, **changes):
    text, sections = container_opened(data)
    return container_resealed(json.dumps({**json.loads(text), **changes}).encode(), sections)


def test_headers_that_lie_are_refused():
    data = small_files()[0]
    lies = [
        {"shape_kji": [2**20, 2**20, 2**20]},
        {"shape_kji": [3, 7, 7]},
        {"shape_kji": [3, 7, True]},
        {"shape_kji": "376"},
        {"ijk_to_ras": [[0] * 4] * 4},
        {"ijk_to_ras": [["nan"] * 4] * 4},
        {"dtype": "object"},
        {"dtype": "int16"},
        {"dtype": ["float32"]},
        {"intensity": {"scale": -1, "offset": 0, "low": 0, "high": 1}},
        {"intensity": {"scale": 1, "offset": 0, "low": 5, "high": 1}},
        {"intensity": {"scale": 1, "offset": 0, "low": 0, "high": 1e300}},
        {"intensity": {"scale": 0, "offset": 0, "low": 0, "high": 1}},
        {"intensity": {"scale": 1}},
        {"intensity": {"scale": 10**400, "offset": 0, "low": 0, "high": 1}},
        {"residual": {"step": 0, "bytes_per_voxel": 1}},
        {"residual": {"step": 1, "bytes_per_voxel": 3}},
        {"residual": {"step": 1, "bytes_per_voxel": 10**30}},
        {"sections": ["FELD"]},
        {"metadata": [1, 2]},
        {"name": "\ud800"},
    ]
    assert survives(header_with(data))
    for lie in lies:
        assert not survives(header_with(data, **lie)), lie
    text, sections = container_opened(data)
    assert not survives(container_resealed(text, [*sections, [b"NANV", b"", 0]]))
    assert not survives(container_resealed(b"[" * 100_000, sections))


def test_a_section_that_inflates_without_end_is_cut_off_early():
    text, sections = container_opened(small_files()[0])
    bomb = zlib.compress(bytes(200 << 20), 9)
    tracemalloc.start()
    for number, (tag, _, size) in enumerate(sections):
        for length in (size, len(bomb) + 1, 1 << 62, *([] if tag == b"FELD" else [200 << 20])):
            bad = [list(section) for section in sections]
            bad[number][1:] = [bomb, length]
            assert not survives(container_resealed(text, bad))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


def test_weights_that_are_no_numbers_are_refused():
    result = compress(phantom(), quick())
    with torch.no_grad():
        next(result.file.field.parameters())[0] = torch.nan
    assert not survives(inr_to_bytes(result.file))
