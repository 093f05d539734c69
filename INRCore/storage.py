"""Tensors in a file without pickle: the safetensors layout, written and read with numpy alone.

Layout (https://github.com/huggingface/safetensors, format description): unsigned 64-bit little-endian length of the
header, the header as JSON (name -> dtype, shape, [begin, end) in the data; "__metadata__" -> text to text), the raw
little-endian data. It is written here rather than with the `safetensors` package because Slicer does not bundle that
package; files are the same, which a test checks. Nothing in a file is executed and every length is checked before it is
believed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError
from .io.atomic import atomic_path

_CODES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1",
    "U16": "<u2", "U32": "<u4", "U64": "<u8", "BOOL": "?",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in _CODES.items()}
_MAX_HEADER = 16 << 20


def pack_tensors(tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> bytes:
    """Named arrays (real dtypes) and text metadata to bytes."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    parts, offset = [], 0
    for name, tensor in tensors.items():
        array = np.asarray(tensor, order="C")
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        header[name] = {
            "dtype": _NAMES[array.dtype.newbyteorder("<")],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def unpack_tensors(data: bytes, label: str = "the file") -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Bytes of `pack_tensors` to (arrays, metadata). Raises `InputError` naming `label` when they are damaged."""
    try:
        length = int.from_bytes(data[:8], "little")
        if len(data) < 8 or length > min(_MAX_HEADER, len(data) - 8):
            raise ValueError("the header is longer than the data")
        header = json.loads(data[8 : 8 + length])
        body = memoryview(data)[8 + length :]
        metadata = {str(k): str(v) for k, v in dict(header.pop("__metadata__", {})).items()}
        return {name: _tensor(entry, body) for name, entry in header.items()}, metadata
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{label} is damaged or not a tensor file ({error}); use an intact copy.") from error


def _tensor(entry: dict[str, Any], body: memoryview) -> np.ndarray:
    dtype = np.dtype(_CODES[entry["dtype"]])
    shape = [int(n) for n in entry["shape"]]
    begin, end = (int(n) for n in entry["data_offsets"])
    count = 1
    for n in shape:
        count *= n
    if min([*shape, 0]) < 0 or not 0 <= begin <= end <= len(body) or end - begin != count * dtype.itemsize:
        raise ValueError("a tensor's size and its data differ")
    return np.frombuffer(body[begin:end], dtype).reshape(shape).copy()


def save_tensors(
    path: str | Path, tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None, force: bool = False
) -> None:
    """Writes `pack_tensors` to `path` atomically. Raises `OutputError` when it exists and `force` is False."""
    with atomic_path(path, force) as temporary:
        Path(temporary).write_bytes(pack_tensors(tensors, metadata))


def load_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Reads what `save_tensors` wrote. Raises `InputError` when the file is missing or damaged."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read '{path}': {error.strerror}.") from error
    return unpack_tensors(data, f"'{path}'")
