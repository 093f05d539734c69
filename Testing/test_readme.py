"""The README's examples run as they are written: Python and shell blocks, in order, on small volumes of those names."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from grids import GRIDS

from INRCore.io import write_landmarks, write_volume
from INRCore.volume import Volume

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def workplace(tmp_path):
    """A folder with the files that the README names, on oblique left-handed grids."""
    grid = GRIDS["left-handed oblique"].with_size([20, 18, 10])
    distance = np.linalg.norm(grid.points() - grid.center, axis=1).reshape(grid.shape)
    image = (1000 * np.exp(-((distance / 6) ** 2)) + 200 * np.sin(distance * 1.3) + 200).astype(np.int16)
    stacks = [f"{plane}.nrrd" for plane in ("axial", "coronal", "sagittal")]
    for name in ("head.nrrd", "thick.nii.gz", "before.nrrd", "after.nrrd", *stacks):
        write_volume(Volume(image, grid), tmp_path / name)
    write_volume(Volume((distance < 6).astype(np.uint8), grid), tmp_path / "organs.nii.gz")
    write_landmarks(grid.center[None], tmp_path / "places_before.csv")
    return tmp_path


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY)}


def test_the_python_examples_run(workplace):
    script = workplace / "readme_example.py"
    script.write_text("\n".join(blocks("python")), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], cwd=workplace, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_shell_examples_run(workplace):
    commands = [line for block in blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
    ours = [shlex.split(line) for line in commands if line.startswith("python -m INRCore")]
    assert len(ours) >= 5
    for words in ours:
        command = [sys.executable, *words[1:], *([] if words[3] == "info" else ["--progress", "none"])]
        if words[3] in ("super-resolve", "register"):
            command += ["--set", "fit.iterations=20"]  # as written, but for the length of the fit
        done = subprocess.run(command, cwd=workplace, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"


def test_every_picture_of_the_readme_is_there():
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README) + re.findall(r'src(?:set)?="([^"]+)"', README)
    assert len(pictures) >= 13
    for picture in pictures:
        assert (REPOSITORY / picture).is_file(), picture
        assert "Panels/" not in picture or (REPOSITORY / picture).stat().st_size < 90_000, picture


def test_the_help_of_every_module_leads_to_a_tutorial():
    text = (REPOSITORY / "INRCore/panel/help.py").read_text(encoding="utf-8")
    anchors = re.findall(r'"INR\w+": "([\w-]+)"', text)
    headings = [line.lstrip("# ").lower().replace(" ", "-") for line in README.splitlines() if line.startswith("### ")]
    assert len(anchors) == 4 and set(anchors) <= set(headings)
