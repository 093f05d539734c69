"""Learns what the contexts of stacks expect (INRCore/compression/slices/expected.py) from volumes at several steps.

python Testing/tools/train_slice_counts.py DATA

DATA: the folder of the benchmarks' volumes. None of the parts that it takes overlaps a crop of the benchmark of
compression; they are small, so that little more is learned than what blocks of any volume have in common.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from INRCore import read_volume
from INRCore.compression.pyramid.codec import CountingCoder
from INRCore.compression.pyramid.quantisation import UNITS
from INRCore.compression.slices.encoder import SliceEncoder
from INRCore.compression.slices.sequence import Planes
from INRCore.compression.slices.stack_coding import MergingCoding

TARGET = Path(__file__).resolve().parents[2] / "INRCore" / "compression" / "slices" / "expected.py"
PARTS = {
    "ct_phantom_thin.nrrd": (slice(0, 34), slice(300, 460), slice(0, 128)),
    "ct_chest.nrrd": (slice(30, 55), slice(300, 428), slice(60, 156)),
    "mr_t1_submm_oblique.nrrd": (slice(0, 17), slice(20, 148), slice(40, 168)),
}
STEPS = (0.012, 0.03, 0.08)
"""Of the range."""
_WEIGHT, _MOST = 1.5, 40
"""Half observations that a context begins with: so many times the root of those seen, at most so many."""


def learn(data: Path) -> dict[str, np.ndarray]:
    """Name -> (contexts, 2) half observations."""
    total: dict[str, np.ndarray] = {}
    for name, box in PARTS.items():
        values = read_volume(data / name).array[box]
        span = float(np.ptp(values))
        encoder = SliceEncoder(values, (STEPS[-1] * span / 4) ** 2)
        for step in STEPS:
            unit = step * span / UNITS
            middle = float(values.min()) + span / 2
            limit = int(span / unit) + 1
            coded = encoder.sliced(unit, middle, (-limit, limit), UNITS)
            planes = Planes(coded.sequence)
            for place, stack in coded.stacks.items():
                coding = MergingCoding(expected=False)
                shape, alone = stack.shape, coded.sequence.alone(place)
                _, motion = coding.code_stack(CountingCoder(), shape, alone, planes.base(place), stack)
                planes.learn(place, motion)
                for part, contexts in coding.contexts().items():
                    seen = contexts.halves - 1.0
                    total[part] = total.get(part, 0.0) + seen
    return total


def letters(seen: np.ndarray) -> str:
    """Two letters a context."""
    count = seen.sum(1, keepdims=True)
    share = (seen + 1) / (count + 2)
    sure = np.minimum(2 + _WEIGHT * np.sqrt(count), _MOST)
    halves = np.clip(np.rint(share * sure), 1, 90).astype(int)
    return "".join(chr(ord("!") - 1 + n) for n in halves.reshape(-1))


def main() -> None:
    found = {name: letters(seen) for name, seen in learn(Path(sys.argv[1])).items()}
    text = TARGET.read_text(encoding="utf-8")
    start = text.index("_LEARNED: dict[str, str] = ")
    lines = ["_LEARNED: dict[str, str] = {\n"]
    for name, letters_of in found.items():
        lines.append(f"    {name!r}: (\n")
        lines += [f"        {letters_of[n : n + 96]!r}\n" for n in range(0, len(letters_of), 96)]
        lines.append("    ),\n")
    TARGET.write_text(text[:start] + "".join(lines) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
