"""Files of compression with damage, by chance or on purpose, and what reading them may do."""

import struct
import time
import warnings
import zlib

import numpy as np

from INRCore.compression import inr_from_bytes
from INRCore.compression.container import MAGIC, VERSION, version_of
from INRCore.compression.parts import Parts, deflated, inflated, pack_parts
from INRCore.compression.pyramid_head import (
    HEAD_KEY,
    META_KEY,
    description_of,
    head_numbers,
    pack_description,
    pack_head,
)
from INRCore.compression.series_file import series_from_bytes
from INRCore.errors import InputError

MOST_SECONDS = 20
"""Of processor time for a file of some thousand voxels, which takes milliseconds."""


def survives(data):
    """Whether the bytes give a volume (of a series: all of them), see `voxels_of`."""
    return voxels_of(data) is not None


def voxels_of(data):
    """The arrays that the bytes give, None where they are refused; anything but volumes or a one-line `InputError`
    fails the test, and so does taking long."""
    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return _open(data)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
        return None
    finally:
        assert time.process_time() - started < MOST_SECONDS


def _open(data):
    try:
        file = inr_from_bytes(data, "'f'")
    except InputError as error:
        if "choose one of them" not in str(error):
            raise
        series = series_from_bytes(data, "'f'")
        series.describe()
        return [series.volume(number).array for number in range(len(series))]
    file.describe()
    if file.grid.voxel_count >= 100_000:
        return []
    volume = file.decompress(device="cpu")
    assert volume.array.shape == file.grid.shape
    return [volume.array]


def resealed(data, spoil):
    """The file with its parts changed by `spoil` and checksums that fit again."""
    return pack_parts(spoil(dict(Parts.of_bytes(data, "'f'"))), version_of(data))


def with_coding(parts, change):
    """Parts of version 4 whose head has another entropy coding: `change` of what it was."""
    numbers, place = head_numbers(Parts.of_bytes(pack_parts(parts), "'f'"), "'f'"), 23
    numbers[place] = change(numbers[place])
    return {**parts, HEAD_KEY: pack_head(numbers)}


def container_opened(data):
    """Header text and [tag, stored, length] of each section of a file of version 1, by the documented layout."""
    length = struct.unpack_from("<I", data, 12)[0]
    text, start, sections = data[20 : 20 + length], 20 + length, []
    while start < len(data):
        tag, _, stored, size = struct.unpack_from("<4sIQQ", data, start)
        sections.append([tag, data[start + 24 : start + 24 + stored], size])
        start += 24 + stored
    return text, sections


def container_resealed(text, sections):
    """A container around a header text and sections (tag, stored, length) with valid checksums."""
    parts = [struct.pack("<8sIII", MAGIC, VERSION, len(text), zlib.crc32(text)), text]
    for tag, stored, length in sections:
        lengths = struct.pack("<QQ", len(stored), length)
        parts += [struct.pack("<4sI", tag, zlib.crc32(tag + lengths + stored)), lengths, stored]
    return b"".join(parts)


def mutated(data, generator):
    content = bytearray(data)
    for _ in range(generator.integers(1, 4)):
        content[generator.integers(8, len(content))] = generator.integers(256)
    return bytes(content)


def hostile(data, generator):
    """Bytes within a part changed, all checksums around them valid; what is packed into another file or deflated is
    changed inside."""
    if version_of(data) == VERSION:
        return _hostile_container(data, generator)

    def spoil(parts):
        key = list(parts)[generator.integers(len(parts))]
        content = parts[key]
        if content.startswith(MAGIC) and generator.random() < 0.9:
            content = hostile(content, generator)
        elif content[8:9] == b"\x78" and generator.random() < 0.8:
            content = deflated(_spoilt(inflated(content, 1 << 24, "'f'"), generator))
        elif key == META_KEY and generator.random() < 0.8:
            content = pack_description(_spoilt(description_of(Parts.of_bytes(data, "'f'"), "'f'"), generator))
        else:
            content = _spoilt(content, generator)
            if generator.random() < 0.2:
                content = content[: generator.integers(len(content) + 1)]
        return {**parts, key: content}

    return resealed(data, spoil)


def _hostile_container(data, generator):
    text, sections = container_opened(data)
    if sections and generator.random() < 0.6:
        section = sections[generator.integers(len(sections))]
        content = zlib.decompress(section[1]) if len(section[1]) != section[2] else section[1]
        section[1:] = [zlib.compress(_spoilt(content, generator)), len(content)]
    else:
        text = _spoilt(text, generator)
    return container_resealed(text, sections)


def _spoilt(content, generator):
    """One or two bytes changed to anything, or to what turns one number of a text into another."""
    content = bytearray(content)
    for _ in range(generator.integers(1, 3)):
        if content:
            replacement = generator.choice([generator.integers(256), 0, 255, ord("9"), ord("-"), ord("e")])
            content[generator.integers(len(content))] = replacement
    return bytes(content)


def same(one, other):
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(one, other, strict=True))


def survivors_of(originals, count, seed):
    """How many of `count` damaged versions of the files, a third of each kind of damage, still give a volume although
    their parts were changed under valid checksums; bytes changed without that must never give another one."""
    generator, survivors = np.random.default_rng(seed), 0
    intact = [voxels_of(data) for data in originals]
    for number in range(count):
        data = originals[number % len(originals)]
        kind = number // len(originals) % 3
        if kind == 0:
            found = voxels_of(mutated(data, generator))
            assert found is None or same(found, intact[number % len(originals)])
        elif kind == 1:
            survivors += survives(hostile(data, generator))
        else:
            survives(data[: generator.integers(len(data))])
    return survivors
