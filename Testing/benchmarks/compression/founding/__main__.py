"""`python -m Testing.benchmarks.compression.founding`: the table of the paper this project started from (Sheibanifard &
Yu, Lanczos down-sampling + SIREN + SRDenseNet), on a slice of our own data, and other codecs at the same bytes."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from INRCore import read_volume
from INRCore.compression.upsampling.coding import FACTOR
from INRCore.compression.upsampling.lanczos import lanczos_larger, lanczos_smaller
from INRCore.compression.upsampling.network import enlarge, train_upsampler
from INRCore.compression.upsampling.settings import UpsamplerSettings
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.metrics.image import psnr_db
from INRCore.volume import Volume

from ...tables import markdown_table, write_results
from ..points import Points
from ..registry import find_codec
from ..runner import Bench, measure_codec
from ..volumes import CT_WINDOWS, Case
from .slice_fit import fit_slice

_DATA = Path(__file__).resolve().parents[5] / "shared/data"
_OUTPUT = Path("benchmark_output/compression/founding")
_PEERS = Path("benchmark_output/peers/bin/python")
_TESTED, _KEPT_AWAY = 70, 20  # slices of 1 mm: what lies within 2 cm of the tested one is not trained on
_LOW, _HIGH = -1024.0, 3071.0  # 12 bit of a CT


def main() -> None:
    """Writes founding.json and founding.md."""
    choice = _arguments()
    volume, slices = _slices(choice.data)
    tested = volume.cropped((0, 0, _TESTED), (volume.grid.size_ijk[0], volume.grid.size_ijk[1], _TESTED + 1))
    truth = _scaled(tested.array[0])
    settings = UpsamplerSettings(steps=choice.training)
    started = time.process_time()
    network = train_upsampler(slices, settings)
    about = {
        "iterations": choice.iterations, "points": choice.points, "training_steps": settings.steps,
        "training_processor_seconds": time.process_time() - started,
        "upsampler_bytes": 2 * sum(parameter.numel() for parameter in network.parameters()),
    }  # fmt: skip
    fit = FitSettings(iterations=choice.iterations, points=choice.points, learning_rate=1e-3, device="cpu")
    small, small_grid = lanczos_smaller(truth, FACTOR), _coarser(tested.grid)
    enlarged = {
        "Lanczos": lambda image: lanczos_larger(image, FACTOR),
        "network": lambda image: enlarge(network, image),
    }
    rows = [
        _row(f"small slice exact, {name} x {FACTOR}", None, None, truth, larger(small))
        for name, larger in enlarged.items()
    ]
    sizes = set()
    for depth in (2, 3, 4):
        plain, size, seconds = fit_slice(truth, tested.grid, depth, fit)
        rows.append(_row(f"SIREN {depth} x 128 of the slice", size, seconds, truth, plain))
        low, size, seconds = fit_slice(small, small_grid, depth, fit)
        rows += [
            _row(f"SIREN {depth} x 128 of the small slice, {name} x {FACTOR}", size, seconds, truth, larger(low))
            for name, larger in enlarged.items()
        ]
        sizes.add(size)
        write_results(choice.output, "founding", about, rows)
    rows += _at_the_same_bytes(tested, sorted(sizes, reverse=True), choice)
    write_results(choice.output, "founding", about, rows)
    print(markdown_table(rows))


def _slices(data: Path) -> tuple[Volume, list[np.ndarray]]:
    """The head phantom, and what the network is trained on: its slices far from the tested one, and a chest."""
    volume = read_volume(data / "ct_phantom_thin.nrrd")
    chest = read_volume(data / "ct_chest.nrrd").array
    far = [k for k in range(2, len(volume.array), 6) if abs(k - _TESTED) > _KEPT_AWAY]
    return volume, [_scaled(part) for part in (*(volume.array[k] for k in far), *chest[10::12])]


def _at_the_same_bytes(tested: Volume, sizes: list[int], choice: argparse.Namespace) -> list[dict[str, Any]]:
    case = Case(tested, CT_WINDOWS, {}, 200.0)
    peers = choice.peers.absolute() if choice.peers.exists() else None
    rows = []
    for name in choice.codecs:
        codec = find_codec(name)
        points = Points(choice.output / "points" / f"{name}.json", {})
        status = measure_codec(case, codec, [tested.nbytes / size for size in sizes], points, Bench(peers, 1, 3600))
        for size in sizes:
            cells = points.at_ratio(tested.nbytes / size, tested.nbytes)
            rows.append(
                {
                    "method": name, "bytes": size, "ratio": tested.nbytes / size, "psnr_8bit_db": None,
                    "psnr_db": cells["psnr_db"], "processor_seconds": cells["encode_processor_seconds"],
                    "note": status,
                }
            )  # fmt: skip
    return rows


def _row(
    method: str, size: int | None, seconds: float | None, truth: np.ndarray, decoded: np.ndarray
) -> dict[str, Any]:
    """psnr_8bit_db: as in the paper, both images in 8 bit of the CT's 12; psnr_db: HU, peak = the slice's range."""
    bits = [np.rint(np.clip(image, 0, 1) * 255)[None] for image in (truth, decoded)]
    hu = [np.rint(_LOW + np.clip(image, 0, 1) * (_HIGH - _LOW))[None] for image in (truth, decoded)]
    return {
        "method": method, "bytes": size, "ratio": None if size is None else 2 * truth.size / size,
        "psnr_8bit_db": psnr_db(*bits, data_range=255), "psnr_db": psnr_db(*hu), "processor_seconds": seconds,
        "note": "",
    }  # fmt: skip


def _scaled(image: np.ndarray) -> np.ndarray:
    return (np.clip(image.astype(np.float64), _LOW, _HIGH) - _LOW) / (_HIGH - _LOW)


def _coarser(grid: Grid) -> Grid:
    """The slice's grid with pixels four times as large, over the same area."""
    k, j, i = grid.shape
    step = np.diag([FACTOR, FACTOR, 1.0, 1.0])
    step[:2, 3] = (FACTOR - 1) / 2
    return Grid((k, j // FACTOR, i // FACTOR), grid.ijk_to_world @ step)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Testing.benchmarks.compression.founding", description=__doc__)
    parser.add_argument("--iterations", type=int, default=15000, help="of each fit (15000, as in the paper)")
    parser.add_argument("--points", type=int, default=16384, help="pixels in each step (16384: the whole small slice)")
    parser.add_argument("--training", type=int, default=20000, help="steps of the network's training")
    parser.add_argument("--codecs", nargs="+", default=["ours-balanced", "jpeg2000", "jpegxl", "sperr"])
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of the volumes (../shared/data)")
    parser.add_argument("--peers", type=Path, default=_PEERS, help=f"python of the peers' environment ({_PEERS})")
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"folder of the results ({_OUTPUT})")
    return parser.parse_args()


if __name__ == "__main__":
    main()
