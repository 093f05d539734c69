"""Commands that need no network do not wait for torch to load."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from grids import rotation

from INRCore import Grid, Volume, write_volume

AXES = rotation(20, -10, 35) @ np.diag([-1, 1, 1])
ROOT = Path(__file__).resolve().parents[1]
CHECKED = """
import sys
from INRCore.command_line.main import main
for words in sys.argv[1:]:
    assert main(words.split()) == 0, words
assert "torch" not in sys.modules
"""


def written(array, path):
    write_volume(Volume(array.astype(np.int16), Grid.from_parts(array.shape, (1, 1.5, 2), (40, -30, 20), AXES)), path)


def test_compressing_and_opening_by_the_default_codec_loads_no_torch(tmp_path):
    noise = np.random.default_rng(2).normal(0, 5, (12, 20, 16))
    written(np.sin(np.arange(20) / 3)[:, None] * 300 + noise, tmp_path / "v.nrrd")
    written(np.full((4, 5, 6), 7), tmp_path / "flat.nrrd")
    job = {"task": "decompress", "inputs": {"file": "v.inr"}, "outputs": {"volume": "job.nrrd"}}
    (tmp_path / "job.json").write_text(json.dumps(job))
    commands = (
        "compress v.nrrd v.inr --set target_ratio=8 --progress none", "compress flat.nrrd flat.inr --progress none",
        "compress v.nrrd labels.inr --set codec=labels --progress none", "estimate v.nrrd --progress none",
        "decompress v.inr back.nrrd --progress none", "decompress v.inr other.nrrd --spacing 4 --progress none",
        "decompress flat.inr flat2.nrrd --progress none", "info v.inr", "info v.nrrd", "job job.json",
    )  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", CHECKED, *commands],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "job.nrrd").exists() and (tmp_path / "flat2.nrrd").exists()
