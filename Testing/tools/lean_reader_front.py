"""The front of the reader that make_lean_reader.py puts together; not to be run on its own, and written as the reader
reads: its imports are those of all that follows it there."""

# ruff: noqa

from __future__ import annotations

import base64
import functools
import itertools
import json
import math
import struct
import sys
import warnings
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from INRCore.compression.slices.sequence import Sequence, decode_slices
from INRCore.compression.container import MAGIC
from INRCore.compression.intensity import DTYPES, IntensityMap
from INRCore.compression.label_coding import decode_labels, level_count
from INRCore.compression.parts import Parts, inflated
from INRCore.compression.pyramid.bounded import code_corrections
from INRCore.compression.pyramid.codec import decode
from INRCore.compression.pyramid.filters import Filters
from INRCore.compression.pyramid.layout import Level
from INRCore.compression.pyramid.masks import decode_mask
from INRCore.compression.pyramid.rans import Decoder
from INRCore.compression.pyramid.restoration import load_restoration
from INRCore.compression.pyramid.tiles import cut_tiles
from INRCore.compression.pyramid.walk import SLICE_CODING
from INRCore.compression.pyramid_head import description_of, head_numbers
from INRCore.compression.stored_slices import unit_limits


class resources:
    """Stands for importlib.resources: the tables of the entropy model, which lie in this file."""

    def files(package):
        return resources

    def joinpath(name):
        resources.text = json.dumps(json.loads(zlib.decompress(base64.b85decode("".join(MODEL.split()))))[name])
        return resources

    def read_text(encoding=None):
        return resources.text


class InputError(ValueError):
    """The file cannot be read; the message says why."""


def read_inr(path, frame=0):
    """(array (k, j, i), 4 x 4 matrix from (i, j, k, 1) to RAS mm, dictionary with what else is known) of an .inr file;
    `frame`: which frame or component of several."""
    data = Path(path).read_bytes()
    if data[:8] != MAGIC or data[8:12] not in (b"\2\0\0\0", b"\3\0\0\0", b"\4\0\0\0"):
        raise InputError(f"'{path}' is no .inr file of versions 2 to 4")
    return read_parts(Parts.of_bytes(data, str(path)), frame)


def read_parts(parts, frame=0):
    if parts.version != 3:
        return _read_pyramid(parts)
    about = json.loads(inflated(parts["J", 0, 0], 1 << 22, "the head"))
    if about["kind"] == "labels":
        return _read_labels(parts, about)
    if about["kind"] not in ("region", "frames", "components"):
        raise InputError(f"the file holds {about['kind']}, which this reader does not know: use INRCore")
    members = [parts.inner(("F", 0, n), "a member") for n in range(len(about["versions"]))]
    if None in members or 1 in about["versions"]:
        raise InputError("the file is cut short, or a part of it is constant or a network: use INRCore")
    if about["kind"] == "region":
        outer, matrix, found = read_parts(members[0])
        inner, place, _ = read_parts(members[1])
        index = np.linalg.inv(matrix) @ place[:, 3]
        i, j, k = np.rint(index[:3]).astype(int)
        box = outer[k : k + inner.shape[0], j : j + inner.shape[1], i : i + inner.shape[2]]
        valid = np.isfinite(inner)
        limited = np.clip(inner[valid].astype(np.float64), found["low"], found["high"])
        box[valid] = (limited if outer.dtype.kind == "f" else np.rint(limited)).astype(outer.dtype)
        return outer, matrix, found
    if about["mixings"] is None:
        return read_parts(members[frame])
    first = frame // 8 * 8
    mixing = about["mixings"][frame // 8]
    total = 0.0
    for row, member in zip(mixing["matrix"], members[first : first + 8]):
        array, matrix, found = read_parts(member)
        total = total + row[frame - first] * array
    low, high = mixing["limits"][frame - first]
    total, dtype = np.clip(total, low, high), np.dtype(about["dtype"])
    return (total if dtype.kind == "f" else np.rint(total)).astype(dtype), matrix, {**found, **about}


def _read_labels(parts, about):
    shape = tuple(about["shape_kji"])
    table = inflated(parts["B", 0, 0], 1 << 28, "the labels")
    count = int.from_bytes(table[:4], "little")
    values = np.frombuffer(table, "<i8", count, 4)
    odds = np.frombuffer(table, "<u2", -1, 4 + 8 * count)
    streams = [parts["B", 0, n] for n in range(1, level_count(shape) + 2)]
    array = values[decode_labels(shape, count, odds, streams)].astype(about["dtype"])
    return array, np.array(about["ijk_to_ras"]), about


def _read_pyramid(parts):
    head = head_numbers(parts, "the file")
    shape, matrix = head[:3], np.array([*head[3:15], 0, 0, 0, 1.0]).reshape(4, 4)
    (unit, offset, low, high), (step, code, count, low_bits, model, edge) = head[15:19], head[19:25]
    levels, size = [], shape
    for mask in head[25:]:
        levels.append(Level(size, tuple(a for a in range(3) if mask >> a & 1)))
        size = levels[-1].low_shape
    levels = tuple(levels)
    if not parts.complete:
        warnings.warn("the file ends too early: the volume is coarser than it was")

    def stream(place):
        key = ("L", 255, 0) if place[0] < 0 else ("L", *place)
        return parts[key] if key in parts or parts.complete or place[0] < 0 else None

    def stack(place):
        key = ("P", *place)
        return parts[key] if key in parts else None

    restored, model = model & 32, model & 15
    intensity = IntensityMap(unit, offset, low, high)
    largest, tiles = intensity.largest_value, cut_tiles(shape, levels, edge)
    if model == SLICE_CODING:
        sequence = Sequence.from_bytes(parts["L", 255, 0], shape)
        samples = decode_slices(sequence, stack, unit_limits(intensity))
    else:
        samples = decode(shape, levels, edge, stream, model=model).samples(largest)
    if restored:
        samples = load_restoration().applied(samples, [tile.box for tile in tiles])
    if ("W", 0, 0) in parts:
        samples = Filters.from_bytes(parts["W", 0, 0], shape).applied(samples, [tile.box for tile in tiles], largest)
    values = intensity.to_intensities(samples)
    for piece in tiles if step else ():
        if ("R", 0, piece.number) in parts:
            coder = Decoder(parts["R", 0, piece.number])
            values[piece.box] += code_corrections(coder, values[piece.box].shape, low_bits, model=model) * step
    values, dtype = np.clip(values, low, high), np.dtype(DTYPES[code])
    array = (values if dtype.kind == "f" else np.rint(values)).astype(dtype)
    for number, special in enumerate((math.nan, math.inf, -math.inf)):
        if ("S", 0, number) in parts:
            bits = np.frombuffer(inflated(parts["S", 0, number], -(-array.size // 8), "marks"), np.uint8)
            array[np.unpackbits(bits, count=array.size).astype(bool).reshape(shape)] = special
    if ("B", 0, 0) in parts:
        array[decode_mask(shape, parts["B", 0, 0][8:])] = struct.unpack("<d", parts["B", 0, 0][:8])[0]
    about = {"low": low, "high": high}
    if ("M", 0, 0) in parts:
        about |= json.loads(description_of(parts, "the file"))
    return array, matrix, about


if __name__ == "__main__":
    voxels, affine, known = read_inr(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    np.save(sys.argv[2], voxels)
    print(voxels.shape, voxels.dtype, known.get("name", ""), affine.tolist())
