"""Kinds of files of version 3 that hold one volume: label maps, small volumes with what makes them large, blocks."""

from __future__ import annotations

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


def labels_file(assembly: Assembly, label: str) -> InrFile:
    """A label map. Raises `InputError` when its head makes no sense."""
    head = assembly.about
    try:
        grid, dtype = grid_of(head, label), dtype_of(head, label)
        labels = StoredLabels.from_streams(grid.shape, assembly.streams, label)
        low, high = float(labels.values.min()), float(labels.values.max())
        intensity = IntensityMap(1.0, 0.0, low, high)
        check_limits(intensity, dtype)
        return InrFile(
            grid=grid,
            dtype=dtype,
            intensity=intensity,
            field=None,
            labels=labels,
            name=text_of(head["name"]),
            metadata=dict(head["metadata"]),
            creator=text_of(head["creator"]),
            file_bytes=assembly.size,
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, InputError) and str(error).startswith(label):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")


def upsampled_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file of the codec 'upsampled'."""
    from .files import inr_to_bytes

    upsampled = file.upsampled
    assert upsampled is not None
    about = {
        **plain_head(file),
        "units": file.units,
        "low": file.intensity.low,
        "high": file.intensity.high,
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
    try:
        grid, dtype = grid_of(head, label), dtype_of(head, label)
        low, high = float(head["low"]), float(head["high"])
        intensity = IntensityMap((high - low) / 2, low + (high - low) / 2, low, high)
        check_limits(intensity, dtype)
        small = member_file(member, label)
        k, j, i = grid.shape
        if small.grid.shape != (k, -(-j // 4), -(-i // 4)) or small.upsampled is not None:
            damaged(label, "its small volume does not fit")
        return InrFile(
            grid=grid,
            dtype=dtype,
            intensity=intensity,
            field=None,
            upsampled=Upsampled(small, text_of(head["model"]), text_of(head["sha256"]), assembly.streams.get(0)),
            name=text_of(head["name"]),
            units=text_of(head["units"]),
            metadata=dict(head["metadata"]),
            creator=text_of(head["creator"]),
            file_bytes=assembly.size,
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")


_SPECIAL_STREAMS = {tag: number for number, tag in enumerate(SPECIAL_VALUES, 2)}


def blocks_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file of the codec 'blocks'."""
    blocks = file.blocks
    assert blocks is not None
    about = {
        **plain_head(file),
        "units": file.units,
        "low": file.intensity.low,
        "high": file.intensity.high,
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
    try:
        grid, dtype = grid_of(head, label), dtype_of(head, label)
        low, high = float(head["low"]), float(head["high"])
        intensity = IntensityMap((high - low) / 2, low + (high - low) / 2, low, high)
        check_limits(intensity, dtype)
        steps = {int(row[0]): tuple(row[1:]) for row in head["steps"]}
        if not all(
            len(row) == TENSORS and all(type(step) is int and 1 <= step <= LARGEST_STEP for step in row)
            for row in steps.values()
        ):
            damaged(label, "the steps of its weights make no sense")
        count = -(-grid.voxel_count // 8)
        specials = {
            tag: np.frombuffer(inflated(streams[number], count, label), np.uint8)
            for tag, number in _SPECIAL_STREAMS.items()
            if number in streams
        }
        if any(dtype.kind != "f" or len(bits) != count for bits in specials.values()):
            damaged(label, "its marked voxels do not fit its size")
        return InrFile(
            grid=grid,
            dtype=dtype,
            intensity=intensity,
            field=None,
            blocks=StoredBlocks(grid.shape, steps, streams[0], streams[1], label),
            specials=specials,
            name=text_of(head["name"]),
            units=text_of(head["units"]),
            metadata=dict(head["metadata"]),
            creator=text_of(head["creator"]),
            file_bytes=assembly.size,
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")


def mosaic_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file of boxes."""
    from .files import inr_to_bytes

    assert file.mosaic is not None
    about = {**plain_head(file), "units": file.units, "low": file.intensity.low, "high": file.intensity.high}
    return assembly_to_bytes("mosaic", about, [inr_to_bytes(member) for member in file.mosaic if member is not None])


def mosaic_file(assembly: Assembly, label: str) -> InrFile:
    """Undoes `mosaic_to_bytes`; boxes that a truncated file lacks are None. Raises `InputError` when the head makes no
    sense or a member is no box of the volume."""
    from .files import member_file
    from .mosaic import box_in

    head = assembly.about
    try:
        grid, dtype = grid_of(head, label), dtype_of(head, label)
        low, high = float(head["low"]), float(head["high"])
        intensity = IntensityMap((high - low) / 2, low + (high - low) / 2, low, high)
        check_limits(intensity, dtype)
        members = tuple(None if one is None else _box(member_file(one, label), label) for one in assembly.members)
        file = InrFile(
            grid=grid,
            dtype=dtype,
            intensity=intensity,
            field=None,
            mosaic=members,
            name=text_of(head["name"]),
            units=text_of(head["units"]),
            metadata=dict(head["metadata"]),
            creator=text_of(head["creator"]),
            file_bytes=assembly.size,
        )
        for member in members:
            if member is not None:
                box_in(file, member)
        return file
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")


def _box(member: InrFile, label: str) -> InrFile:
    if member.pyramid is None or member.region is not None:
        damaged(label, "a box of it is no pyramid")
    return member
