"""Kinds of files of version 3 that hold one volume: label maps, small volumes with what makes them large, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from .assembly import Assembly, assembly_to_bytes
from .blocks.evaluation import LARGEST_STEP
from .blocks.stored import TENSORS, StoredBlocks
from .container import damaged
from .heads import dtype_of, grid_of, text_of
from .inr_file import InrFile
from .intensity import IntensityMap, check_limits
from .parts import deflated, inflated
from .specials import SPECIAL_VALUES
from .stored_labels import StoredLabels
from .upsampling.coding import Upsampled


def plain_head(file: InrFile) -> dict[str, Any]:
    return {
        "shape_kji": list(file.grid.shape),
        "ijk_to_ras": file.grid.ijk_to_world.tolist(),
        "dtype": file.dtype.name,
        "name": file.name,
        "creator": file.creator,
        "metadata": file.plain_metadata(),
    }


def _head_with_limits(file: InrFile) -> dict[str, Any]:
    return {**plain_head(file), "units": file.units, "low": file.intensity.low, "high": file.intensity.high}


def _with_limits(assembly: Assembly, label: str) -> InrFile:
    """The volume that a head with limits describes, still without its voxels."""
    low, high = float(assembly.about["low"]), float(assembly.about["high"])
    intensity = IntensityMap((high - low) / 2, low + (high - low) / 2, low, high)
    return replace(_without_voxels(assembly, label, intensity), units=text_of(assembly.about["units"]))


def _without_voxels(assembly: Assembly, label: str, intensity: IntensityMap) -> InrFile:
    """What every head says."""
    head, dtype = assembly.about, dtype_of(assembly.about, label)
    check_limits(intensity, dtype)
    return InrFile(
        grid=grid_of(head, label),
        dtype=dtype,
        intensity=intensity,
        field=None,
        name=text_of(head["name"]),
        metadata=dict(head["metadata"]),
        creator=text_of(head["creator"]),
        file_bytes=assembly.size,
    )


@contextmanager
def _sense_of(label: str) -> Iterator[None]:
    """Says of a file what a head made of nonsense raises; lines that name the file already stay as they are."""
    try:
        yield
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, InputError) and str(error).startswith(label):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")


def labels_file(assembly: Assembly, label: str) -> InrFile:
    """A label map. Raises `InputError` when its head makes no sense."""
    with _sense_of(label):
        labels = StoredLabels.from_streams(grid_of(assembly.about, label).shape, assembly.streams, label)
        low, high = float(labels.values.min()), float(labels.values.max())
        return replace(_without_voxels(assembly, label, IntensityMap(1.0, 0.0, low, high)), labels=labels)


def upsampled_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file of the codec 'upsampled'."""
    from .files import inr_to_bytes

    upsampled = file.upsampled
    assert upsampled is not None
    about = {
        **_head_with_limits(file),
        "model": upsampled.name,
        "sha256": upsampled.checksum,
    }
    streams = {} if upsampled.model is None else {0: upsampled.model}
    return assembly_to_bytes("upsampled", about, [inr_to_bytes(upsampled.small)], streams)


def upsampled_file(assembly: Assembly, label: str) -> InrFile:
    """Undoes `upsampled_to_bytes`. Raises `InputError` when the head makes no sense or the small volume is missing."""
    from .files import member_file

    head, member = assembly.about, assembly.members[0] if len(assembly.members) == 1 else None
    if member is None:
        damaged(label, "it ends before its volume")
    with _sense_of(label):
        file = _with_limits(assembly, label)
        small = member_file(member, label)
        k, j, i = file.grid.shape
        if small.grid.shape != (k, -(-j // 4), -(-i // 4)) or small.upsampled is not None:
            damaged(label, "its small volume does not fit")
        model, checksum = text_of(head["model"]), text_of(head["sha256"])
        return replace(file, upsampled=Upsampled(small, model, checksum, assembly.streams.get(0)))


_SPECIAL_STREAMS = {tag: number for number, tag in enumerate(SPECIAL_VALUES, 2)}


def blocks_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file of the codec 'blocks'."""
    blocks = file.blocks
    assert blocks is not None
    about = {
        **_head_with_limits(file),
        "steps": [[kind, *steps] for kind, steps in blocks.steps.items()],
    }
    streams = {0: blocks.boxes, 1: blocks.weights}
    streams |= {_SPECIAL_STREAMS[tag]: deflated(bits.tobytes()) for tag, bits in file.specials.items()}
    return assembly_to_bytes("blocks", about, [], streams)


def blocks_file(assembly: Assembly, label: str) -> InrFile:
    """Undoes `blocks_to_bytes`; nothing is decoded. Raises `InputError` when the head makes no sense or a part is
    missing."""
    head, streams = assembly.about, assembly.streams
    if 0 not in streams or 1 not in streams:
        damaged(label, "it ends before its networks")
    with _sense_of(label):
        file = _with_limits(assembly, label)
        steps = {int(row[0]): tuple(row[1:]) for row in head["steps"]}
        if not all(
            len(row) == TENSORS and all(type(step) is int and 1 <= step <= LARGEST_STEP for step in row)
            for row in steps.values()
        ):
            damaged(label, "the steps of its weights make no sense")
        count = -(-file.grid.voxel_count // 8)
        specials = {
            tag: np.frombuffer(inflated(streams[number], count, label), np.uint8)
            for tag, number in _SPECIAL_STREAMS.items()
            if number in streams
        }
        if any(file.dtype.kind != "f" or len(bits) != count for bits in specials.values()):
            damaged(label, "its marked voxels do not fit its size")
        blocks = StoredBlocks(file.grid.shape, steps, streams[0], streams[1], label)
        return replace(file, blocks=blocks, specials=specials)


def mosaic_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file of boxes."""
    from .files import inr_to_bytes

    assert file.mosaic is not None
    members = [inr_to_bytes(member) for member in file.mosaic if member is not None]
    return assembly_to_bytes("mosaic", _head_with_limits(file), members)


def mosaic_file(assembly: Assembly, label: str) -> InrFile:
    """Undoes `mosaic_to_bytes`; boxes that a truncated file lacks are None. Raises `InputError` when the head makes no
    sense or a member is no box of the volume."""
    from .files import member_files
    from .mosaic import box_in

    with _sense_of(label):
        members = tuple(None if one is None else _box(one, label) for one in member_files(assembly, label))
        file = replace(_with_limits(assembly, label), mosaic=members)
        for member in members:
            if member is not None:
                box_in(file, member)
        return file


def _box(member: InrFile, label: str) -> InrFile:
    if member.pyramid is None or member.region is not None:
        damaged(label, "a box of it is no pyramid")
    return member
