"""Files of earlier versions, the table before the parts, short numbers."""

import importlib.util
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from INRCore.compression import inr_from_bytes
from INRCore.compression.parts import PLAIN_VERSION, VERSION, Parts, pack_parts
from INRCore.compression.short_numbers import ShortReader, pack_floats, pack_whole
from INRCore.errors import InputError
from Testing.old_files import OLD_FILES

CONTENTS = {("H", 0, 0): b"head", ("L", 255, 0): bytes(5000), ("L", 0, 300): b"", ("R", 0, 7): b"corrections"}
AWKWARD = [0.0, -0.0, -100, 99, 100, -0.7, 0.7, 0.683594, -211.1552, 1 / 3, 0.1 + 0.2, 1e300, -5e-324, 32768, 3e9, 0.5]


def the_lean_reader():
    path = Path(__file__).parents[1] / "Resources/Formats/read_inr.py"
    spec = importlib.util.spec_from_file_location("read_inr", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", OLD_FILES)
def test_files_of_version_2_are_read_to_the_bit(name, tmp_path):
    crc, data = OLD_FILES[name]
    assert Parts.of_bytes(data, "'f'").version == PLAIN_VERSION
    volume = inr_from_bytes(data).decompress(device="cpu")
    assert zlib.crc32(np.ascontiguousarray(volume.array).tobytes()) == crc
    (tmp_path / "old.inr").write_bytes(data)
    array, matrix, about = the_lean_reader().read_inr(tmp_path / "old.inr")
    assert zlib.crc32(np.ascontiguousarray(array).tobytes()) == crc
    assert about["name"] == "volume"
    assert np.allclose(np.linalg.norm(matrix[:3, :3], axis=0), (0.7, 0.8, 1.5))


def test_numbers_come_back_exactly_and_short_ones_are_short():
    reader = ShortReader(pack_floats(AWKWARD) + pack_whole(2**40) + pack_whole(0))
    assert struct.pack(f"<{len(AWKWARD)}d", *reader.floats(len(AWKWARD))) == struct.pack(f"<{len(AWKWARD)}d", *AWKWARD)
    assert (reader.whole(), reader.whole(), reader.finished) == (2**40, 0, True)
    lengths = {1.0: 1, 1000.0: 3, 0.78125: 5, 0.683594: 5, -211.1552: 5, 1 / 3: 9}
    assert {number: len(pack_floats([number])) for number in lengths} == lengths
    assert len(pack_floats([1 / 3, -1 / 3, 0.0, 1 / 3])) == 9 + 3


@pytest.mark.parametrize("content", [b"", b"\xcc\x20\1\1\1", b"\xce", b"\xff\0", b"\xc8" + bytes(7)])
def test_numbers_that_make_no_sense_are_refused(content):
    with pytest.raises(ValueError, match=r"early|sense|decimals"):
        ShortReader(content).floats(1)
    with pytest.raises(ValueError, match="long"):
        ShortReader(b"\xff" * 10).whole()


def test_parts_behind_a_table_come_back_and_cost_a_few_bytes_each():
    data = pack_parts(CONTENTS)
    parts = Parts.of_bytes(data, "'f'")
    assert dict(parts) == CONTENTS
    assert (parts.version, parts.complete) == (VERSION, True)
    assert len(data) - sum(map(len, CONTENTS.values())) < 50
    plain = pack_parts(CONTENTS, PLAIN_VERSION)
    assert dict(Parts.of_bytes(plain, "'f'")) == CONTENTS
    assert len(plain) > len(data) + 30


def test_a_cut_file_still_gives_the_parts_before_the_cut():
    data = pack_parts(CONTENTS)
    for missing in (1, 11):
        parts = Parts.of_bytes(data[:-missing], "'f'")
        assert not parts.complete
        assert dict(parts) == {key: content for key, content in CONTENTS.items() if key[0] != "R"}
    for length in (5, 15, 25, len(data) - 5025):
        with pytest.raises(InputError, match="cut short or damaged"):
            Parts.of_bytes(data[:length], "'f'")


def test_a_change_of_any_byte_is_noticed():
    data = pack_parts(CONTENTS)
    for place in [*range(8, len(data) - 5011), *range(len(data) - 300, len(data))]:
        changed = bytearray(data)
        changed[place] ^= 0x41
        with pytest.raises(InputError):
            dict(Parts.of_bytes(bytes(changed), "'f'"))
    with pytest.raises(InputError, match="do not fill it"):
        Parts.of_bytes(data + b"\0", "'f'")
