"""Learns the network that restores volumes (INRCore/compression/pyramid/restoration_model.json) from volumes.

    python -m Testing.tools.train_restoration VOLUME... --crops 14 --seconds 300

Crops of the volumes are coded at random steps, and the network learns, for cells of 2 x 2 x 2 decoded samples and what
lies around them, what the samples lack; each crop counts by the share of its error that goes. A file written with one
set of weights needs the same set to be read, so the number that files have for it changes with them.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from INRCore.compression.pyramid.codec import quantise
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid.quantisation import UNITS
from INRCore.compression.pyramid.restoration import CELL, HIDDEN_CLIP, INPUT_CLIP, PATCH, inputs_of, patches_of
from INRCore.io import read_volume

import torch  # isort: skip  (INRCore comes first)

TARGET = Path(__file__).resolve().parents[2] / "INRCore/compression/pyramid/restoration_model.json"
CROP = 72
CELLS = 6000  # of a crop
STEPS = (0.04, 0.45)  # of the range
BITS = (0.012, 1.0)  # per voxel
HIDDEN = (48, 32)
FARTHEST = 4.0  # steps that a sample may lack
RATE, BATCH = 3e-3, 2048
WEIGHTS, INPUTS, ACTIVATIONS = 256, 32, 128  # parts of one


def coded(volume, rng):
    """A crop of a volume, coded: whole units (k, j, i), what they lack in steps, and the axes that the finest level
    halves; None where the crop is empty or its size unusual."""
    array = volume.array.astype(np.float64)
    start = [int(rng.integers(max(n - CROP, 0) + 1)) for n in array.shape]
    crop = array[tuple(slice(s, s + CROP) for s in start)]
    whole, low, high = np.ptp(array), crop.min(), crop.max()
    unit = float(np.exp(rng.uniform(*np.log(STEPS)))) * whole / UNITS
    if crop.std() < 0.02 * whole:
        return None
    wanted = (crop - (low + high) / 2) / unit
    levels = plan_levels(crop.shape, volume.grid.spacing[::-1])
    pyramid = quantise(np.rint(wanted).astype(np.int32), levels)
    if not BITS[0] < pyramid.bits / crop.size < BITS[1]:
        return None
    limit = int(np.ceil((high - low) / 2 / unit))
    samples = np.clip(pyramid.samples((high - low) / unit), -limit, limit)
    return samples, (wanted - samples) / UNITS, levels[0].axes


def examples(samples, missed, axes, rng):
    """Some cells of a crop, in one of the orders of the axes that are halved alike: (N, 216) inputs, (N, 8) targets in
    steps, (N) weights."""
    order = [0, 1, 2]
    for place, axis in zip(axes, rng.permutation(axes), strict=True):
        order[place] = int(axis)
    even = tuple(slice(n // CELL * CELL) for n in samples.shape)
    samples, missed = (a[even].transpose(order) for a in (samples, missed))
    counts = [n // CELL for n in samples.shape]
    windows, places = patches_of(samples, [0, 0, 0], counts)
    places = rng.permutation(places)[:CELLS]
    inputs = inputs_of(windows[np.unravel_index(places, counts)])
    cells = missed.reshape([m for n in counts for m in (n, CELL)]).transpose(0, 2, 4, 1, 3, 5).reshape(-1, CELL**3)
    weights = np.full(len(places), 1 / max(np.square(missed).mean(), 1e-4))
    targets = np.clip(cells[places], -FARTHEST, FARTHEST)
    return inputs.astype(np.int8), targets.astype(np.float32), weights.astype(np.float32)


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        sizes = [(PATCH**3, HIDDEN[0]), HIDDEN, (HIDDEN[1], CELL**3)]
        self.layers = torch.nn.ModuleList(torch.nn.Linear(*size) for size in sizes)
        with torch.no_grad():
            self.layers[-1].weight *= 0.1
            self.layers[-1].bias *= 0

    def forward(self, inputs):
        values, largest = inputs / INPUTS, HIDDEN_CLIP / ACTIVATIONS
        for layer in self.layers[:-1]:
            values = torch.clamp(layer(values), 0, largest)
        return self.layers[-1](values)

    def tables(self) -> dict:
        """As they are stored; raises where sums might leave 24 bits."""
        found, largest, parts = {}, INPUT_CLIP, INPUTS
        for name, layer in zip(("first", "second", "third"), self.layers, strict=True):
            weights = np.rint(layer.weight.detach().numpy().T * WEIGHTS).astype(int)
            bias = np.rint(layer.bias.detach().numpy() * WEIGHTS * parts).astype(int)
            bias += (WEIGHTS * parts // UNITS // 2) * (name == "third")  # rounds what is cut off behind it
            if (np.abs(weights).sum(0) * largest + np.abs(bias)).max() >= 1 << 24:
                raise SystemExit(f"the sums of the layer '{name}' are not exact in float32")
            found |= {name: weights.tolist(), f"{name}_bias": bias.tolist()}
            largest, parts = HIDDEN_CLIP, ACTIVATIONS
        return found


def learn(rows, seconds: float, network: Network) -> None:
    """rows: of `examples`; seconds: of the processor."""
    inputs, targets, weights = (torch.from_numpy(np.concatenate(part)) for part in zip(*rows, strict=True))
    before = float((weights * targets.square().mean(1)).mean())
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    started, told, mean, steps = time.process_time(), 0, 0.0, 0
    while (share := (time.process_time() - started) / seconds) < 1:
        some = torch.randint(len(inputs), (BATCH,))
        missed = network(inputs[some].float()) - targets[some]
        loss = (weights[some] * missed.square().mean(1)).mean()
        optimiser.zero_grad()
        loss.backward()
        for group in optimiser.param_groups:
            group["lr"] = RATE * max(min(1, 10 * share + 0.1) * (1 - share), 0.01)
        optimiser.step()
        steps += 1
        mean += (loss.item() - mean) * max(0.01, 1 / steps)
        if share * 10 >= told:
            print(f"step {steps}: {-10 * np.log10(mean / before):.3f} dB better", flush=True)
            told += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("volumes", nargs="+", type=Path)
    parser.add_argument("--crops", type=int, default=14, help="of each volume")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--output", type=Path, default=TARGET)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng, rows = np.random.default_rng(0), []
    for path in arguments.volumes:
        volume, left, tries = read_volume(path), arguments.crops, 0
        while left and tries < 5 * arguments.crops:
            tries += 1
            found = coded(volume, rng)
            if found is not None:
                rows.append(examples(*found, rng))
                left -= 1
    network = Network()
    learn(rows, arguments.seconds, network)
    arguments.output.write_text(json.dumps(network.tables(), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
