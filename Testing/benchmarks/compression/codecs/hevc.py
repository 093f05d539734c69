"""HEVC main12 (x265, ITU-T H.265), the slices as frames of grey 12-bit video, through the program `ffmpeg`.
Quality: the constant rate factor. Options: preset ('slow'), tune ('psnr': no psychovisual tricks, which cost PSNR)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..exchange import MissingError, program
from ..streams import Levels, pack, unpack

_RAW = ("-f", "rawvideo", "-pix_fmt", "gray12le")


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """12 bit over the volume's range."""
    levels = Levels.of(voxels, 12)
    _, height, width = voxels.shape
    preset, tune = options.get("preset", "slow"), options.get("tune", "psnr")
    x265 = f"crf={quality:g}:pools=none:frame-threads=1:info=0:log-level=none"
    stream = program(
        [
            "ffmpeg", "-loglevel", "error", *_RAW, "-s", f"{width}x{height}", "-i", "-", "-c:v", "libx265",
            "-preset", preset, "-tune", tune, "-x265-params", x265, "-f", "hevc", "-",
        ],
        levels.forward(voxels).tobytes(),
    )  # fmt: skip
    if not stream:
        raise MissingError("not run: this ffmpeg wrote nothing; its x265 may lack 12 bit")
    return pack(levels, [stream])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    levels, (stream,) = unpack(data)
    raw = program(["ffmpeg", "-loglevel", "error", "-threads", "1", "-f", "hevc", "-i", "-", *_RAW, "-"], stream)
    return levels.backward(np.frombuffer(raw, "<u2"))
