"""Measures a codec on a volume: every file and every decoded volume comes from a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .exchange import MISSING_STATUS
from .measures import measure
from .points import Points
from .registry import Codec
from .search import next_quality, worth_measuring
from .volumes import Case

_REPOSITORY = Path(__file__).resolve().parents[3]
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class CodecError(Exception):
    """A codec did not give what it should; the message is the row's status."""


@dataclass(frozen=True)
class Bench:
    """peers_python: of the peers' environment, None where there is none; timeout_s: for one file."""

    peers_python: Path | None
    threads: int
    timeout_s: float


def measure_codec(case: Case, codec: Codec, ratios: Sequence[float], points: Points, bench: Bench) -> str:
    """Adds the points that the ratios (raw bytes / file bytes) need to `points`; the status for the rows."""
    raw_bytes = case.volume.nbytes
    with tempfile.TemporaryDirectory() as name:
        process = _Process(case, codec, bench, Path(name))
        try:
            if codec.probes == 0:
                _measure_point(case, process, points, 0.0)
            for ratio in ratios if codec.probes else ():
                target = raw_bytes / ratio
                _search(process, points, target, raw_bytes, codec)
                for quality in worth_measuring(points.sizes, target):
                    _measure_point(case, process, points, quality)
        except CodecError as error:
            return str(error)
    return "ok"


def _search(process: _Process, points: Points, target: float, raw_bytes: int, codec: Codec) -> None:
    """Tries qualities until a file of about `target` bytes is among the points."""
    for _ in range(codec.probes):
        quality = next_quality(points.sizes, target, raw_bytes, codec)
        if quality is None:
            return
        points.add(quality, *process.encode(quality))


def _measure_point(case: Case, process: _Process, points: Points, quality: float) -> None:
    if points.is_measured(quality):
        return
    if quality not in process.streams:
        points.add(quality, *process.encode(quality))
    decoded, report = process.decode(quality)
    if decoded.shape != case.volume.array.shape or decoded.dtype != case.volume.array.dtype:
        raise CodecError(f"decoded to {decoded.shape} {decoded.dtype}")
    points.complete(quality, report, measure(case, decoded))


class _Process:
    """One codec's processes on one volume, and the files that they gave."""

    def __init__(self, case: Case, codec: Codec, bench: Bench, folder: Path):
        self._codec, self._bench, self._folder = codec, bench, folder
        self._options = {**codec.options}
        if not codec.peer:
            self._options["affine"] = case.volume.grid.ijk_to_world.tolist()
        self.streams: dict[float, bytes] = {}
        np.save(folder / "voxels.npy", case.volume.array.astype(case.volume.array.dtype.newbyteorder("=")))

    def encode(self, quality: float) -> tuple[int, dict[str, float]]:
        job = {"quality": quality, "options": self._options}
        (self._folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        report = self._run("encode")
        self.streams[quality] = (self._folder / "stream.bin").read_bytes()
        return len(self.streams[quality]), report

    def decode(self, quality: float) -> tuple[np.ndarray, dict[str, float]]:
        (self._folder / "stream.bin").write_bytes(self.streams[quality])
        report = self._run("decode")
        return np.load(self._folder / "decoded.npy"), report

    def _run(self, direction: str) -> dict[str, float]:
        python = str(self._bench.peers_python) if self._codec.peer else sys.executable
        if self._codec.peer and self._bench.peers_python is None:
            raise CodecError("not run: no environment of the peers (see --peers)")
        command = [python, "-m", f"{__package__}.worker", direction, self._codec.module, str(self._folder)]
        environment: dict[str, Any] = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(self._bench.threads))}
        try:
            done = subprocess.run(
                command, cwd=_REPOSITORY, env=environment, timeout=self._bench.timeout_s, capture_output=True,
                text=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise CodecError(f"stopped after {self._bench.timeout_s:g} s") from error
        lines = (done.stderr.strip() or "no message").splitlines()
        if done.returncode == MISSING_STATUS:
            raise CodecError(lines[-1][:200])
        if done.returncode != 0:
            print(done.stderr[-4000:], file=sys.stderr)
            raise CodecError(f"{direction} failed ({done.returncode}): {lines[-1][:200]}")
        return json.loads((self._folder / f"{direction}.json").read_text(encoding="utf-8"))
