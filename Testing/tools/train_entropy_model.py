"""Learns the two networks of the entropy model (INRCore/compression/pyramid/entropy_model.json) from volumes.

    python -m Testing.tools.train_entropy_model VOLUME... --seconds 300

Crops of the volumes are transformed and quantised with random steps by the networks learned before, the codec's own
walk shows what it would know around each coefficient, and the networks learn to predict what is there, by the bits that
coding it costs. A file written with one set of weights needs the same set to be read, so the format's number of the
entropy model changes with them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from INRCore.compression.pyramid import walk
from INRCore.compression.pyramid.codec import quantise
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid.lifting import analyse
from INRCore.compression.pyramid.quantisation import band_units
from INRCore.compression.pyramid.rate_distortion import RateDistortionSource
from INRCore.compression.pyramid.sources import FixedSource
from INRCore.io import read_volume

import torch  # isort: skip  (INRCore comes first)

TARGET = Path(__file__).resolve().parents[2] / "INRCore/compression/pyramid/entropy_model.json"
HIDDEN = (24, 16)
CROP = 96
SAMPLES_PER_CALL = 3000


class Recorder:
    """Stands in for the entropy network learned before: keeps features, places and what followed."""

    def __init__(self, network) -> None:
        self.network, self.outputs, self.rows, self.pending = network, len(network.third_bias), [], None

    def bias(self, *places: int) -> tuple[int, ...]:
        return places

    def logits(self, features, places):
        self.pending = (features.copy(), places)
        return self.network.logits(features, self.network.bias(*places))

    def follow(self, values) -> None:
        features, places = self.pending
        share = min(1.0, SAMPLES_PER_CALL / max(len(values), 1))
        chosen = np.random.random(len(values)) < share
        n = int(chosen.sum())
        self.rows.append(
            (
                features[chosen].astype(np.uint8),
                np.tile(np.array(places, np.uint8), (n, 1)),
                values[chosen],
                np.full(n, 1 / share, np.float32),
            )
        )
        self.pending = None


class RecordingCoder:
    def __init__(self, blocks: Recorder) -> None:
        self.blocks = blocks

    def code(self, probabilities, bits=None):
        if self.blocks.pending is not None:
            self.blocks.follow(bits.astype(np.int32))
        return bits


def recording(source, recorder: Recorder):
    """The source, telling the recorder what it chose."""
    choose = source.magnitudes

    def magnitudes(band, phase, active, logits):
        found = choose(band, phase, active, logits)
        recorder.follow(found)
        return found

    source.magnitudes = magnitudes
    return source


def record(volume, step_share: float, rng, blocks: Recorder, coefficients: Recorder) -> None:
    """One crop of a volume at one step (a share of its range)."""
    start = [int(rng.integers(max(n - CROP, 0) + 1)) for n in volume.array.shape]
    crop = volume.array[tuple(slice(s, s + CROP) for s in start)].astype(np.float64)
    low, high = volume.finite_range()
    step = step_share * (high - low)
    samples = np.rint((np.nan_to_num(crop, nan=low) - (low + high) / 2) / step * 64).astype(np.int64)
    spacing = volume.grid.spacing[::-1]
    levels = plan_levels(samples.shape, spacing)
    if not levels:
        return
    units = band_units(levels)
    transformed = analyse(samples.copy(), levels)
    price = rng.uniform(0.08, 0.14)
    quantised, coarser = [{} for _ in levels], {}
    for number in reversed(range(len(levels))):
        level = levels[number]
        part = transformed[tuple(slice(n) for n in level.shape)]
        scaled = {b: part[level.band_slices(b)] * np.float32(256 / units[number][b]) for b in level.bands}
        quantised[number] = {b: np.zeros(c.shape, np.int32) for b, c in scaled.items()}
        source = recording(RateDistortionSource(scaled, quantised[number], price), coefficients)
        coarser = walk.code_level(RecordingCoder(blocks), levels, number, coarser, source)
    record_corrections(samples, levels, rng, blocks, coefficients)


def record_corrections(samples, levels, rng, blocks: Recorder, coefficients: Recorder) -> None:
    """What a pyramid at these samples misses, in bins about as wide as its steps."""
    found = quantise(samples.copy(), levels).samples(1e6)
    bins = 64 * rng.uniform(0.5, 3)
    corrections = np.rint((samples - found) / bins).astype(np.int32)
    source = recording(FixedSource({0: corrections}), coefficients)
    walk.code_band(RecordingCoder(blocks), 0, corrections.shape, source)


class Network(torch.nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        features = 12
        self.first = torch.nn.Parameter(torch.randn(features, HIDDEN[0]) * 0.2)
        self.by_place = torch.nn.Parameter(torch.randn(walk.PLACES, HIDDEN[0]) * 0.1)
        self.second = torch.nn.Parameter(torch.randn(HIDDEN[0], HIDDEN[1]) * 0.2)
        self.second_bias = torch.nn.Parameter(torch.zeros(HIDDEN[1]))
        self.third = torch.nn.Parameter(torch.randn(HIDDEN[1], outputs) * 0.2)
        self.third_bias = torch.nn.Parameter(torch.tensor([-2.0] + [-1.0] * (outputs - 1)))

    def forward(self, features, places):
        hidden = features / 32 @ rounded(self.first, 32) + rounded(self.by_place, 1024)[places].sum(1)
        hidden = floored(hidden)
        hidden = floored(hidden @ rounded(self.second, 32) + rounded(self.second_bias, 1024))
        return hidden @ rounded(self.third, 32) + rounded(self.third_bias, 1024)

    def tables(self) -> dict:
        scales = {"first": 32, "by_place": 1024, "second": 32, "second_bias": 1024, "third": 32, "third_bias": 1024}
        return {
            name: np.clip(np.rint(getattr(self, name).detach().numpy() * s), *limits(s)).astype(int).tolist()
            for name, s in scales.items()
        }


def limits(scale: int) -> tuple[int, int]:
    return (-127, 127) if scale == 32 else (-(1 << 18), 1 << 18)


def rounded(weights, scale: int):
    """Weights as they will be stored; the gradient passes straight through."""
    low, high = limits(scale)
    stored = torch.clamp(torch.round(weights.detach() * scale), low, high) / scale
    return weights + (stored - weights.detach())


def floored(sums):
    clipped = torch.nn.functional.leaky_relu(sums, 0.02).clamp(max=255 / 32)
    stored = torch.clamp(torch.floor(sums.detach() * 32), 0, 255) / 32
    return clipped + (stored - clipped.detach())


def cost(logits, values):
    """Bits of each value: nonzero?, > 1?, > 2? ... (N, outputs) and (N) to (N)."""
    total = torch.zeros(len(values))
    outputs = logits.shape[1]
    softplus = torch.nn.functional.softplus
    for reached in range(outputs):
        logit = logits[:, reached]
        if reached < outputs - 1 or outputs == 1:
            going = (values > reached).float()
            total = total + (values >= reached) * (softplus(logit) - going * logit)
        else:
            more = torch.clamp(values - reached, 0, walk.LAST_UNARY - reached).float()
            stops = ((values >= reached) & (values < walk.LAST_UNARY)).float()
            total = total + (more + stops) * softplus(logit) - more * logit
    return total / np.log(2)


def learn(recorder: Recorder, seconds: float, name: str) -> dict:
    import time

    parts = [np.concatenate(column) for column in zip(*recorder.rows, strict=True)]
    features, places, values, weights = (torch.from_numpy(part) for part in parts)
    features, places = features.float(), places.long()
    network = Network(recorder.outputs)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    started, step = time.process_time(), 0
    held = torch.rand(len(values)) < 0.05
    kept = torch.nonzero(~held)[:, 0]
    while (passed := (time.process_time() - started) / seconds) < 1:
        chosen = kept[torch.randint(len(kept), (8192,))]
        logits = network(features[chosen], places[chosen])
        loss = (cost(logits, values[chosen]) * weights[chosen]).sum() / weights[chosen].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = 5e-3 * (0.02 + 0.98 * (1 - passed) ** 1.5)
        if step % 500 == 0:
            with torch.no_grad():
                bits = cost(network(features[held], places[held]), values[held])
                mean = (bits * weights[held]).sum() / weights[held].sum()
            print(f"{name}: step {step}, {float(mean):.5f} bits per decision held out", flush=True)
        step += 1
    return network.tables()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("volumes", nargs="+")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--crops", type=int, default=8, help="per volume")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    np.random.seed(0)
    torch.manual_seed(0)
    blocks, coefficients = (Recorder(network) for network in walk.load_networks())
    walk.load_networks = lambda: (blocks, coefficients)
    for path in arguments.volumes:
        volume = read_volume(path)
        for _ in range(arguments.crops):
            record(volume, float(np.exp(rng.uniform(np.log(0.006), np.log(0.3)))), rng, blocks, coefficients)
        print(path, sum(len(r[2]) for r in coefficients.rows), sum(len(r[2]) for r in blocks.rows), flush=True)
    tables = {
        "blocks": learn(blocks, arguments.seconds / 4, "blocks"),
        "coefficients": learn(coefficients, arguments.seconds * 3 / 4, "coefficients"),
    }
    TARGET.write_text(json.dumps(tables, separators=(",", ":")).replace("]],", "]],\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
