"""What the edges of an image add: Dice on the slices left out, by the setting image_weight (0 is without the image).

python -m Testing.benchmarks.segmentation.image_guidance [--data FOLDER] [--gaps 4 8 12] [--output FILE.json]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

import INRCore
from INRCore.io import read_volume
from INRCore.segmentation import SegmentationSettings
from INRCore.settings import from_dict, load_preset

CASES = {
    "true lumen": ("cta_aorta/aorta_true_lumen.nii.gz", "cta_aorta/ct_cropped.nii.gz"),
    "false lumen": ("cta_aorta/aorta_false_lumen.nii.gz", "cta_aorta/ct_cropped.nii.gz"),
    "vertebra T12": ("cta_aorta/vertebrae_T12.nii.gz", "cta_aorta/ct_cropped.nii.gz"),
    "abdomen organs": ("ct_abdomen/totalseg_117_classes.nii.gz", "ct_abdomen/ct.nii.gz"),
    "vertebral bodies": ("ct_abdomen/totalseg_vertebrae_body.nii.gz", "ct_abdomen/ct.nii.gz"),
    "MS lesions, FLAIR": ("ms_patient26/lesions.nii.gz", "ms_patient26/FLAIR.nii.gz"),
}
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_FEWEST_VOXELS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--gaps", type=int, nargs="+", default=[4, 8, 12])
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name, (labels, image) in CASES.items():
        for gap in arguments.gaps:
            rows.append({"case": name, "gap": gap} | _row(arguments.data / labels, arguments.data / image, gap))
            print(" | ".join(f"{value:.4f}" if isinstance(value, float) else str(value) for value in rows[-1].values()))
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _row(labels: Path, image: Path, gap: int) -> dict[str, float]:
    """Mean Dice over the labels on the slices that are not drawn, between the first and the last drawn one."""
    truth, picture = read_volume(labels), read_volume(image)
    array = truth.array.astype(np.int32)
    values = [value for value in np.unique(array) if value > 0 and (array == value).sum() >= _FEWEST_VOXELS]
    array = np.where(np.isin(array, values), array, 0)
    drawn = np.zeros_like(array)
    drawn[::gap] = array[::gap]
    held = np.flatnonzero(drawn.any((1, 2)))
    left = np.setdiff1d(np.arange(held[0], held[-1]), np.arange(0, len(array), gap))
    shown = tuple(int(value) for value in np.unique(drawn) if value > 0)
    found: dict[str, float] = {"labels": len(shown)}
    for weight in WEIGHTS:
        changes = {"image_weight": weight, "sparse": "k", "labels": shown}
        settings = from_dict(
            SegmentationSettings, changes, load_preset(SegmentationSettings, "segmentation", "balanced")
        )
        started = time.process_time()
        result = INRCore.segment(truth.with_array(drawn), settings, image=picture).labels.array[left]
        pairs = [(result == value, array[left] == value) for value in shown]
        dice = [2 * (a & b).sum() / (a.sum() + b.sum()) for a, b in pairs if b.any()]
        found[f"dice {weight:g}"] = float(np.mean(dice))
        found[f"cpu s {weight:g}"] = time.process_time() - started
    return found


if __name__ == "__main__":
    main()
