"""Learns the two networks of the entropy model (INRCore/compression/pyramid/trellis_model.json) from volumes.

    python -m Testing.tools.train_entropy_model VOLUME... --seconds 300

Crops of the volumes, some of them single slices, some with their axes swapped or with noise added, are transformed and
quantised with random steps by the networks learned before, the codec's own walk shows what it would know around each
coefficient, and the networks, beginning as they are, learn to predict what is there, by the bits that coding it costs;
each crop counts as much as any other. A file written with one set of weights needs the same set to be read, so the
format's number of the entropy coding changes with them.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from INRCore.compression.pyramid import walk
from INRCore.compression.pyramid.codec import quantise
from INRCore.compression.pyramid.entropy_model import load_networks
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid.sources import FixedSource
from INRCore.io import read_volume

import torch  # isort: skip  (INRCore comes first)

TARGET = Path(__file__).resolve().parents[2] / "INRCore/compression/pyramid/trellis_model.json"
CROP = 96
SAMPLES_PER_CALL = 3000
SLICES, SWAPPED, NOISY = 0.2, 0.3, 0.2
RATE = 1e-3
SCALES = {
    "first": 32,
    "by_phase": 32,
    "by_place": 1024,
    "second": 32,
    "second_bias": 1024,
    "third": 32,
    "third_bias": 1024,
}


class Recorder:
    """Stands in for the entropy network learned before: keeps features, places and what followed."""

    def __init__(self, network) -> None:
        self.network, self.rows, self.pending, self.second = network, [], None, None
        self.first, self.outputs = network.first, len(network.third_bias)

    def bias(self, *places: int) -> tuple[int, ...]:
        return places

    def weights(self, band: int, phase: int) -> None:
        return None

    def logits(self, features, weights, places):
        self.pending = (features.copy(), places)
        phase, band = places[0], places[1] - 8
        return self.network.logits(features, self.network.weights(band, phase), self.network.bias(*places))

    def follow(self, values) -> None:
        features, places = self.pending
        share = min(1.0, SAMPLES_PER_CALL / max(len(values), 1))
        chosen = np.random.random(len(values)) < share
        n = int(chosen.sum())
        second = np.zeros(len(values), np.uint8) if self.second is None else self.second
        self.rows.append(
            (
                features[chosen].astype(np.uint8),
                np.tile(np.array(places, np.uint8), (n, 1)),
                values[chosen],
                second[chosen].astype(np.uint8),
                np.full(n, 1 / share, np.float32),
            )
        )
        self.pending = self.second = None


class RecordingCoder:
    def __init__(self, blocks: Recorder) -> None:
        self.blocks = blocks

    def code(self, probabilities, bits=None):
        if self.blocks.pending is not None:
            self.blocks.follow(bits.astype(np.int32))
        return bits


def record(volume, step_share: float, rng, blocks: Recorder, coefficients: Recorder) -> None:
    """One crop of a volume at one step (a share of its range)."""
    size = np.minimum(CROP, volume.array.shape)
    flat = int(rng.integers(3)) if rng.random() < SLICES else -1
    if flat >= 0:
        size = np.minimum(2 * CROP, volume.array.shape)
        size[flat] = 1
    start = [int(rng.integers(n - m + 1)) for n, m in zip(volume.array.shape, size, strict=True)]
    crop = volume.array[tuple(slice(s, s + m) for s, m in zip(start, size, strict=True))].astype(np.float64)
    low, high = volume.finite_range()
    crop, step = np.nan_to_num(crop, nan=low), step_share * (high - low)
    if rng.random() < NOISY:
        crop += rng.normal(0, rng.uniform(0.3, 2) * step, crop.shape)
    if flat >= 0:
        order = [flat, *sorted({0, 1, 2} - {flat})]
    else:
        order = list(rng.permutation(3)) if rng.random() < SWAPPED else [0, 1, 2]
    samples = np.rint((crop.transpose(order) - (low + high) / 2) / step * 64).astype(np.int64)
    levels = plan_levels(samples.shape, volume.grid.spacing[::-1][order])
    if not levels:
        return
    started = [len(recorder.rows) for recorder in (blocks, coefficients)]
    pyramid = quantise(samples.copy(), levels, price=rng.uniform(0.06, 0.1))
    coder, coarser = RecordingCoder(blocks), {}
    choose = walk.code_magnitudes

    def follow(coder, logits, wanted, second):
        coefficients.second = second
        coefficients.follow(wanted)
        return choose(coder, logits, wanted, second)

    walk.code_magnitudes, walk.load_networks = follow, lambda trellis: (blocks, coefficients)
    for number in reversed(range(len(levels))):
        source = FixedSource(pyramid.coefficients[number], in_halves=True)
        coarser = walk.code_level(coder, levels, number, coarser, source, walk.TRELLIS_CODING)
    walk.code_magnitudes, walk.load_networks = choose, load_networks
    for recorder, first in zip((blocks, coefficients), started, strict=True):
        rows = recorder.rows[first:]
        effort = sum(float((weights * (1 + 8 * np.minimum(values, 4))).sum()) for _, _, values, _, weights in rows)
        recorder.rows[first:] = [(*row[:-1], row[-1] / max(effort, 1e3)) for row in rows]


class Network(torch.nn.Module):
    def __init__(self, before) -> None:
        """before: the `EntropyNetwork` that it begins as."""
        super().__init__()
        for name, scale in SCALES.items():
            setattr(self, name, torch.nn.Parameter(torch.from_numpy(getattr(before, name)) / scale))

    def forward(self, features, places):
        phase, band = places[:, 0], places[:, 1] - 8
        features = features / 32
        weights = torch.cat([rounded(self.first, 32), rounded(self.by_phase, 32)])
        hidden = rounded(self.by_place, 1024)[places].sum(1)
        # One product with all bands and phases, of which each sample takes its own two.
        every = (features @ weights.permute(1, 0, 2).reshape(features.shape[1], -1)).view(len(features), 16, -1)
        rows = torch.arange(len(features))
        hidden = floored(hidden + every[rows, band] + every[rows, 8 + phase])
        hidden = floored(hidden @ rounded(self.second, 32) + rounded(self.second_bias, 1024))
        return hidden @ rounded(self.third, 32) + rounded(self.third_bias, 1024)

    def tables(self) -> dict:
        return {
            name: np.clip(np.rint(getattr(self, name).detach().numpy() * s), *limits(s)).astype(int).tolist()
            for name, s in SCALES.items()
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
    parts = [np.concatenate(column) for column in zip(*recorder.rows, strict=True)]
    features, places, values, second, weights = (torch.from_numpy(part) for part in parts)
    count = recorder.outputs if recorder.outputs == 1 else recorder.outputs // 2
    network = Network(recorder.network)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    started, step = time.process_time(), 0
    held = torch.rand(len(values)) < 0.05
    kept = torch.nonzero(~held)[:, 0]

    def mean_bits(chosen):
        logits = network(features[chosen].float(), places[chosen].long())
        if count < recorder.outputs:
            logits = torch.where(second[chosen, None] > 0, logits[:, count:], logits[:, :count])
        bits = cost(logits, values[chosen])
        return (bits * weights[chosen]).sum() / weights[chosen].sum()

    while (passed := (time.process_time() - started) / seconds) < 1:
        loss = mean_bits(kept[torch.randint(len(kept), (8192,))])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = RATE * (0.02 + 0.98 * (1 - passed) ** 1.5)
        if step % 500 == 0:
            with torch.no_grad():
                mean = mean_bits(torch.nonzero(held)[:300_000, 0])
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
    blocks, coefficients = (Recorder(network) for network in load_networks(True))
    for path in arguments.volumes:
        volume = read_volume(path)
        for _ in range(arguments.crops):
            record(volume, float(np.exp(rng.uniform(np.log(0.01), np.log(0.4)))), rng, blocks, coefficients)
        print(path, sum(len(r[2]) for r in coefficients.rows), sum(len(r[2]) for r in blocks.rows), flush=True)
    tables = {
        "blocks": learn(blocks, arguments.seconds / 5, "blocks"),
        "coefficients": learn(coefficients, arguments.seconds * 4 / 5, "coefficients"),
    }
    TARGET.write_text(json.dumps(tables, separators=(",", ":")).replace("]],", "]],\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
