"""`python -m Testing.benchmarks.compression`: our compression and its peers at the same bytes."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from ..machine import describe
from ..tables import markdown_table, write_results
from .pictures import rate_distortion
from .points import Points, reached
from .registry import CODECS, QUICK_CODECS, Codec, find_codec
from .runner import Bench, measure_codec
from .summary import margins, psnr_table
from .volumes import CROPS, QUICK_VOLUMES, VOLUMES, load_case

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_OUTPUT = Path("benchmark_output/compression")
_PEERS = Path("benchmark_output/peers/bin/python")
_RATIOS, _QUICK_RATIOS = (16.0, 32.0, 64.0, 128.0, 256.0, 512.0), (32.0, 128.0)


def main() -> None:
    """Measures every codec on every volume and writes `compression.json`, `compression.md`, the summary in `psnr.md`,
    plots and `points/VOLUME/CODEC.json` into the folder, anew after each codec."""
    choice = _arguments()
    bench = Bench(choice.peers, choice.threads, choice.timeout)
    about = {**describe(torch.device("cpu")), "threads": choice.threads}
    curves: dict[str, dict[str, Points]] = {}
    raw_bytes: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for name in choice.volumes:
        case = load_case(name, choice.data)
        curves[name], raw_bytes[name] = {}, case.volume.nbytes
        print(f"\n{name}: {case.volume.array.dtype}, {case.volume.grid.describe()}", flush=True)
        for codec in map(find_codec, choice.codecs):
            points = _points(choice, name, codec, case.volume.nbytes)
            status = measure_codec(case, codec, choice.ratios, points, bench)
            curves[name][codec.name] = points
            added = _rows(name, codec, choice.ratios, case.volume.nbytes, points, status)
            rows += added
            print(markdown_table(added), flush=True)
            write_results(choice.output, "compression", about, rows)
            (choice.output / "psnr.md").write_text(psnr_table(rows) + "\n" + margins(rows), encoding="utf-8")
        rate_distortion(curves, raw_bytes, choice.output)


def _points(choice: argparse.Namespace, volume: str, codec: Codec, raw_bytes: int) -> Points:
    path = choice.output / "points" / volume / f"{codec.name.replace(':', '_').replace(',', '_')}.json"
    about = {"volume": volume, "raw_bytes": raw_bytes, "module": codec.module, "options": codec.options}
    if not codec.peer:
        about["code"] = _code()
    return Points.load(path, about, choice.fresh)


def _code() -> str:
    """The commit that changed our compression last, so that points of older code do not count; '' outside of git."""
    repository = Path(__file__).resolve().parents[3]
    command = ["git", "log", "-1", "--format=%h", "--", "INRCore/compression", "INRCore/presets/compression.json"]
    try:
        return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _rows(
    volume: str, codec: Codec, ratios: list[float], raw_bytes: int, points: Points, status: str
) -> list[dict[str, Any]]:
    """A row for each ratio; for a codec without a quality one row at its own."""
    if codec.probes == 0:
        ratios = [raw_bytes / row["bytes"] for row in points.measured]
    rows = []
    for ratio in ratios:
        cells = points.at_ratio(ratio, raw_bytes)
        outside = status == "ok" and cells["ssim"] is None
        remark = reached(points.measured, raw_bytes) if outside else status
        rows.append({"volume": volume, "ratio": ratio, "codec": codec.name, **cells, "status": remark})
    return rows or [{"volume": volume, "codec": codec.name, "status": status}]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.compression", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one volume, two ratios, four codecs")
    parser.add_argument(
        "--volumes", nargs="+", metavar="VOLUME", choices=(*VOLUMES, *CROPS),
        help=f"of: {', '.join(VOLUMES)} (all of these), {', '.join(CROPS)}",
    )  # fmt: skip
    parser.add_argument(
        "--codecs", nargs="+", metavar="CODEC",
        help=f"of: {', '.join(CODECS)}; options may follow: hevc:preset=medium, ours-best:fit.iterations=500",
    )  # fmt: skip
    parser.add_argument("--ratios", nargs="+", type=float, metavar="RATIO", help="raw bytes / file bytes (16 to 512)")
    parser.add_argument("--threads", type=int, default=1, help="of our codec (1; the peers run on one)")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds for one file (3600)")
    parser.add_argument("--fresh", action="store_true", help="measure again what an earlier run left in the folder")
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the volumes (../shared/data)")
    parser.add_argument("--peers", type=Path, default=_PEERS, help=f"python of the peers' environment ({_PEERS})")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"folder of the results ({_OUTPUT})")
    choice = parser.parse_args()
    choice.volumes = choice.volumes or list(QUICK_VOLUMES if choice.quick else VOLUMES)
    choice.codecs = choice.codecs or list(QUICK_CODECS if choice.quick else CODECS)
    choice.ratios = sorted(choice.ratios or (_QUICK_RATIOS if choice.quick else _RATIOS))
    choice.peers = choice.peers.absolute() if choice.peers.exists() else None
    try:
        [find_codec(text) for text in choice.codecs]
    except ValueError as error:
        parser.error(str(error))
    if not choice.data.exists():
        parser.error(f"the folder {choice.data} with the volumes is not here; give --data")
    if min(choice.ratios) < 1:
        parser.error("a ratio below 1 makes the file larger than the voxels; give ratios from 1")
    return choice


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
