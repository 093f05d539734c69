"""A ball on an oblique left-handed grid, some of its slices, and a quick segmentation of files, for tests."""

import json

import numpy as np
from command_tools import run
from grids import rotation

from INRCore.geometry import Grid
from INRCore.segmentation import SegmentationSettings
from INRCore.settings import from_dict, load_preset

TURN = rotation(20, -15, 40)
GRID = Grid.from_parts((30, 34, 36), (1.0, 1.1, 1.4), (10, -20, 30), TURN @ np.diag([1.0, 1.0, -1.0]))


def settings(**changes) -> SegmentationSettings:
    return from_dict(SegmentationSettings, changes, load_preset(SegmentationSettings, "segmentation", "fast"))


def radius(points, center=GRID.center):
    return np.linalg.norm(points - center, axis=-1)


def drawn(ball, numbers):
    array = np.zeros(GRID.shape, np.uint8)
    array[numbers] = ball[numbers]
    return array


def segment(*arguments, tmp_path):
    report = tmp_path / "report.json"
    code = run("segment", *arguments, "--preset", "fast", "--report", report, "--progress", "none", "--force")
    return code, json.loads(report.read_text()) if code == 0 else {}
