"""Files of compression with damage, by chance or on purpose, and what reading them may do."""

import warnings

import numpy as np

from INRCore.compression import inr_from_bytes
from INRCore.compression.parts import Parts, pack_parts
from INRCore.errors import InputError


def survives(data):
    """Whether the bytes give a volume; anything but a volume or a one-line `InputError` fails the test."""
    try:
        file = inr_from_bytes(data, "'f'")
        if file.grid.voxel_count < 100_000:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                volume = file.decompress(device="cpu")
            assert volume.array.shape == file.grid.shape
        file.describe()
        return True
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
        return False


def resealed(data, spoil):
    """The file with its parts changed by `spoil` and checksums that fit again."""
    parts = Parts.of_bytes(data, "'f'")
    return pack_parts(spoil(dict(parts)), parts.version)


def mutated(data, generator):
    content = bytearray(data)
    for _ in range(generator.integers(1, 4)):
        content[generator.integers(8, len(content))] = generator.integers(256)
    return bytes(content)


def hostile(data, generator):
    """Bytes within a part changed, its checksum valid."""

    def spoil(parts):
        key = list(parts)[generator.integers(len(parts))]
        content = bytearray(parts[key])
        for _ in range(generator.integers(1, 3)):
            content[generator.integers(len(content))] = generator.choice([generator.integers(256), 0, 255])
        if generator.random() < 0.2:
            content = content[: generator.integers(len(content) + 1)]
        return {**parts, key: bytes(content)}

    return resealed(data, spoil)


def survivors_of(originals, count, seed):
    """How many of `count` damaged versions of the files, a third of each kind of damage, still give a volume although
    their parts were changed under valid checksums; bytes changed without that must never give one."""
    generator, survivors = np.random.default_rng(seed), 0
    assert all(survives(data) for data in originals)
    for number in range(count):
        data = originals[number % len(originals)]
        kind = number // len(originals) % 3
        if kind == 0:
            changed = mutated(data, generator)
            assert changed == data or not survives(changed)
        elif kind == 1:
            survivors += survives(hostile(data, generator))
        else:
            survives(data[: generator.integers(len(data))])
    return survivors
