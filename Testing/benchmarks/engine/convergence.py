"""Steps and processor seconds until a field shows an image with a given PSNR, on real data and through the fit loop
that the tasks use: by optimiser, schedule, points a step, way to draw them, first frequency and start.

Learning rates are the best of a small sweep (`KINDS`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_gradient_magnitude
from torch import Tensor
from torch.optim import Optimizer

from INRCore.compression.lattice import Lattice, values_at
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fields.spectrum import suggested_fourier_sigma, suggested_omega_first
from INRCore.fitting import FitLoop, FitSettings, Problem
from INRCore.fitting.draws import even_draw
from INRCore.fitting.optimizers import adam
from INRCore.geometry import Grid
from INRCore.io import read_volume
from INRCore.volume import Volume

from ..machine import synchronise

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
TARGETS = (25.0, 28.0, 30.0, 32.0)
History = list[tuple[int, float, float]]
"""(step, seconds, dB) of each measurement."""
Factory = Callable[[Iterable[torch.nn.Parameter], float], Optimizer]


class ImageProblem(Problem):
    """Mean squared error at voxels of an image with values from 0 to 1, drawn 'even' (`even_draw`), 'random' (with
    replacement) or 'by gradient' (half of them in proportion to the image's gradient, weighted without bias).

    Whenever the loop asks for metrics, it notes the step, the seconds so far (of the processor; of the clock on a GPU)
    and the PSNR over ALL voxels (dB, peak 1); measuring is not counted."""

    module: Field

    def __init__(self, volume: Volume, module: Field, draw: str = "even") -> None:
        self.module, self._grid, self._draw = module, volume.grid, draw
        self._values = torch.from_numpy(volume.as_float32().ravel())
        self.history: History = []
        self._step, self._seconds = 0, 0.0

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._values = self._values.to(device)
        self._lattice = Lattice(self._grid, self.module.frame.world_to_frame, device, torch.float32)
        self._since = self._now()
        if self._draw == "by gradient":
            gradient = gaussian_gradient_magnitude(
                np.squeeze(self._values.cpu().numpy().reshape(self._grid.shape)), 1.0
            )
            share = torch.from_numpy(gradient.ravel() / gradient.sum()).to(device)
            self._chances = 0.5 / len(share) + 0.5 * share
            self._cumulated = self._chances.double().cumsum(0)

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        self._step = iteration + 1
        count, device = len(self._values), self._values.device
        if self._draw == "random":
            return {
                "mse": self._errors(torch.randint(count, (points,), generator=generator, device=device)).square().mean()
            }
        if self._draw == "even":
            drawn = even_draw(count, points, generator.initial_seed(), iteration, device)
            return {"mse": self._errors(drawn).square().mean()}
        strata = torch.arange(points, device=device, dtype=torch.float64)
        places = (strata + torch.rand(points, generator=generator, device=device)) / points
        drawn = torch.searchsorted(self._cumulated, places).clamp_(max=count - 1)
        return {"mse": (self._errors(drawn).square() / (count * self._chances[drawn])).mean()}

    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        self._seconds += self._now() - self._since
        parts = torch.arange(len(self._values), device=self._values.device).split(1 << 15)
        squares = sum(float(self._errors(part).square().sum(dtype=torch.float64)) for part in parts)
        psnr = -10 * math.log10(squares / len(self._values))
        self.history.append((self._step, self._seconds, psnr))
        self._since = self._now()
        return {"psnr_db": psnr}

    def _errors(self, voxels: Tensor) -> Tensor:
        """Field minus image at voxel numbers (N)."""
        return values_at(self.module, self._lattice(voxels)) - self._values[voxels]

    def _now(self) -> float:
        synchronise(self._values.device)
        return time.process_time() if self._values.device.type == "cpu" else time.perf_counter()


@dataclass(frozen=True)
class Trial:
    """One variant of a study: what is fitted to which image, and how. `rates` are the sweep of learning rates; `make`
    builds an optimizer that has no name, `start` is a field with the first weights; the PSNR is taken
    `measurements` times."""

    study: str
    image: str
    kind: str
    variant: str
    field: FieldSettings
    steps: int
    points: int
    rates: tuple[float, ...]
    schedule: str = "cosine"
    optimizer: str = "adam"
    make: Factory | None = None
    draw: str = "even"
    start: Field | None = None
    measurements: int = 40


GRIDS = FieldSettings(
    encoding="hashgrid", network="relu", width=32, depth=1, hash_levels=4, hash_features=2, hash_coarsest=16,
    hash_finest=64, hash_log2_entries=22,
)  # fmt: skip
KINDS: dict[str, tuple[FieldSettings, int, int, tuple[float, ...]]] = {
    "SIREN 3x64": (FieldSettings(width=64, depth=3), 1000, 2048, (1e-3, 2e-3)),
    "SIREN 3x128": (FieldSettings(width=128, depth=3), 800, 2048, (1e-3, 2e-3)),
    "grid pyramid": (GRIDS, 200, 16384, (2e-2, 4e-2)),
}
"""Name -> (field, steps, points a step, learning rates of the sweep)."""
OPTIMIZERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Adam 0.999 1e-8", {"make": torch.optim.Adam}),
    ("Adam 0.99 1e-15", {"make": partial(adam, beta2=0.99, eps=1e-15)}),
    ("Adam 0.95 1e-15", {"make": partial(adam, beta2=0.95, eps=1e-15)}),
    ("Adam 0.99 1e-15", {"make": partial(adam, beta2=0.99, eps=1e-15), "schedule": "constant"}),
    ("Adam 0.99 1e-15", {"make": partial(adam, beta2=0.99, eps=1e-15), "schedule": "exponential"}),
    ("Muon", {"optimizer": "muon"}),
    ("SOAP", {"optimizer": "soap"}),
    ("schedule-free AdamW", {"optimizer": "schedule_free", "schedule": "constant"}),
)
"""Adam with its beta2 and eps."""
_SCHEDULE_FREE_FACTOR = 3.0  # on the learning rates of the sweep, as its authors advise


def images() -> dict[str, Volume]:
    """A 64^3 crop of a T1 head and the middle of a CT slice, 256 x 256 voxels, values from 0 to 1."""
    head, chest = read_volume(_SHARED / "mr_t1_submm_oblique.nrrd"), read_volume(_SHARED / "ct_chest.nrrd")
    middle = chest.grid.shape[0] // 2
    return {"MR 64^3": crop(head, (64, 64, 64)), "CT 256^2": crop(chest, (1, 256, 256), (middle, 256, 256))}


def crop(volume: Volume, size: tuple[int, int, int], center: tuple[int, int, int] | None = None) -> Volume:
    """(k, j, i) voxels about the centre, clipped at the 99.9th percentile and mapped to 0 .. 1."""
    middle = center or tuple(n // 2 for n in volume.grid.shape)
    start = [m - n // 2 for m, n in zip(middle, size, strict=True)]
    array = volume.as_float32()[tuple(slice(s, s + n) for s, n in zip(start, size, strict=True))]
    affine = volume.grid.ijk_to_world.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array(start[::-1], float)
    low, high = np.percentile(array, [0, 99.9])
    return Volume(np.clip((array - low) / (high - low), 0, 1).astype(np.float32), Grid(size, affine))


def fit(volume: Volume, trial: Trial, rate: float, device: torch.device) -> ImageProblem:
    """One fit at one learning rate, with its history."""
    module = Field(trial.field, Frame.of_grid(volume.grid), output_scale=0.25, output_offset=0.25)
    if trial.start is not None:
        module.load_state_dict(trial.start.state_dict())
    every = max(1, trial.steps // trial.measurements)
    settings = FitSettings(
        iterations=trial.steps, points=trial.points, learning_rate=rate, schedule=trial.schedule, report_every=every,
        optimizer=trial.optimizer, metric_every=every, device=device.type,
    )  # fmt: skip
    problem = ImageProblem(volume, module, trial.draw)
    loop = FitLoop(problem, settings)
    if trial.make is not None:
        loop.optimizer = trial.make(module.parameters(), rate)
    for _ in loop.run():
        pass
    return problem


def trials(image: str, volume: Volume, quick: bool) -> Iterator[Trial]:
    """All variants of all studies on one image."""
    for kind in ("SIREN 3x64", "grid pyramid") if quick else KINDS:
        settings, steps, points, rates = KINDS[kind]
        base = Trial("optimizer", image, kind, "", settings, steps // 2 if quick else steps, points, rates)
        base = replace(base, rates=rates[-1:], measurements=10) if quick else base
        for variant, changes in OPTIMIZERS:
            factor = _SCHEDULE_FREE_FACTOR if changes.get("optimizer") == "schedule_free" else 1.0
            yield replace(base, variant=variant, rates=tuple(factor * rate for rate in base.rates), **changes)
        adam99 = replace(base, make=partial(adam, beta2=0.99, eps=1e-15), rates=base.rates[-1:])
        for draw in ("random", "even", "by gradient"):
            yield replace(adam99, study="draw", variant=draw, draw=draw)
        if kind == "SIREN 3x128":
            continue
        for share in (4, 2, 1 / 2):
            shorter = replace(adam99, points=int(points / share), steps=int(adam99.steps * share))
            yield replace(shorter, study="points a step", variant=str(shorter.points))
    yield from _frequency_trials(replace(adam99, image=image), volume)


def _frequency_trials(base: Trial, volume: Volume) -> Iterator[Trial]:
    """First frequencies as published and as the image's spectrum suggests."""
    frame = Frame.of_grid(volume.grid)
    settings, steps, points, rates = KINDS["SIREN 3x64"]
    siren = replace(base, kind="SIREN 3x64", study="first frequency", steps=steps // 2, points=points, rates=rates[:1])
    parameters = Field(settings, frame).parameter_count
    omega, sigma = suggested_omega_first(volume, frame, parameters), suggested_fourier_sigma(volume, frame)
    for value in (30.0, omega / 2, omega, omega * 2):
        yield replace(siren, variant=f"omega {value:.3g}", field=replace(settings, omega_first=value))
    relu = FieldSettings(encoding="fourier", network="relu", width=64, depth=2, fourier_features=64)
    for value in (8.0, sigma / 2, sigma, sigma * 2):
        yield replace(
            siren,
            kind="Fourier 2x64",
            variant=f"sigma {value:.3g}",
            rates=(5e-3,),
            field=replace(relu, fourier_sigma=value),
        )


def rows(device: torch.device, quick: bool, targets: tuple[float, ...] = TARGETS) -> Iterator[dict[str, Any]]:
    """One row for each variant, at the learning rate of its sweep with the best last PSNR: steps and seconds to each
    target in dB (None: not reached) and the PSNR over all voxels at the end.

    `quick`: one image, the two small kinds, half the steps, one learning rate, fewer measurements:
    a few minutes on one core.
    """
    for image, volume in list(images().items())[: 1 if quick else None]:
        fit(volume, replace(next(trials(image, volume, quick)), steps=5), 1e-3, device)  # what only a first fit costs
        for trial in trials(image, volume, quick):
            fits = [(fit(volume, trial, rate, device).history, rate) for rate in trial.rates]
            yield _row(trial, *max(fits, key=lambda pair: pair[0][-1][2]), targets)
    yield from _warm_starts(device, quick, targets)


def _row(trial: Trial, history: History, rate: float, targets: tuple[float, ...]) -> dict[str, Any]:
    reached = {target: next(((n, s) for n, s, db in history if db >= target), (None, None)) for target in targets}
    return {
        "study": trial.study, "image": trial.image, "field": trial.kind, "variant": trial.variant,
        "schedule": trial.schedule, "learning_rate": rate, "points": trial.points, "steps": trial.steps,
        "seconds": history[-1][1], "dB_at_end": history[-1][2],
        **{f"steps_to_{target:g}_dB": step for target, (step, _) in reached.items()},
        **{f"s_to_{target:g}_dB": seconds for target, (_, seconds) in reached.items()},
    }  # fmt: skip


def _warm_starts(device: torch.device, quick: bool, targets: tuple[float, ...]) -> Iterator[dict[str, Any]]:
    """A head fitted from scratch and from the fit of another head in the same space."""
    names = ("ms_patient07_T1.nii.gz", "ms_patient26/T1.nii.gz")
    first, second = (crop(read_volume(_SHARED / name), (64, 64, 64)) for name in names)
    for kind in ("SIREN 3x64", "grid pyramid"):
        settings, steps, points, rates = KINDS[kind]
        trial = Trial("start", "MS head 64^3", kind, "cold", settings, steps // 2, points, rates[:1])
        trial = replace(trial, make=partial(adam, beta2=0.99, eps=1e-15), measurements=10 if quick else 40)
        prior = fit(first, trial, rates[0], device).module
        for variant, start, rate in (
            ("cold", None, rates[0]),
            ("warm", prior, rates[0]),
            ("warm", prior, rates[0] / 4),
        ):
            tried = replace(trial, variant=variant, start=start)
            yield _row(tried, fit(second, tried, rate, device).history, rate, targets)
