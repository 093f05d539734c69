"""Brings the file lists in the CMakeLists.txt of INRCore and the modules up to date with the files on disk.

Files that are not listed are not packaged. Run it after adding, renaming or removing a file:

    python Testing/tools/update_file_lists.py
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("INRCore", "INRCompression", "INRReconstruction", "INRRegistration", "INRSegmentation")
SCRIPTS, RESOURCES = "MODULE_PYTHON_SCRIPTS", "MODULE_PYTHON_RESOURCES"


def files_on_disk(folder: Path) -> dict[str, list[str]]:
    """The files to package, by the name of their list."""
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    names = sorted(path.relative_to(folder).as_posix() for path in paths if not path.name.startswith("."))
    return {
        SCRIPTS: [name for name in names if name.endswith(".py")],
        RESOURCES: [name for name in names if not name.endswith((".py", ".pyc")) and name != "CMakeLists.txt"],
    }


def files_listed(folder: Path) -> dict[str, list[str]]:
    """The files that CMakeLists.txt names, by the name of their list."""
    text = (folder / "CMakeLists.txt").read_text(encoding="utf-8").replace("${MODULE_NAME}", folder.name)
    return {variable: sorted(_list(variable).search(text)[1].split()) for variable in (SCRIPTS, RESOURCES)}


def update(folder: Path) -> bool:
    """Rewrites the lists if they differ from the disk; returns whether they did."""
    listed, found = files_listed(folder), files_on_disk(folder)
    if listed == found:
        return False
    file = folder / "CMakeLists.txt"
    text = file.read_text(encoding="utf-8")
    for variable, names in found.items():
        lines = "".join(f"  {name}\n" for name in names)
        text = _list(variable).sub(lambda match, lines=lines, v=variable: f"set({v}\n{lines}  )", text)
    file.write_text(text, encoding="utf-8")
    return True


def _list(variable: str) -> re.Pattern[str]:
    return re.compile(rf"set\({variable}\s([^)]*)\)")


if __name__ == "__main__":
    for name in FOLDERS:
        print(f"{name}/CMakeLists.txt: {'updated' if update(ROOT / name) else 'up to date'}")
