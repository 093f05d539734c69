"""Draws every panel in every state, light and dark, from the real panels with real runs (a few minutes on two cores):

python Testing/tools/make_panel_pictures.py [INRCompression ...]

One sheet per module and theme goes to Resources/Screenshots/Panels. The panels run in the double of Slicer's Qt layer,
on the modules' own samples.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import slicer_double  # noqa: E402
from PIL import Image  # noqa: E402
from PySide6.QtCore import QRect, Qt  # noqa: E402
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

MODULES = ("INRCompression", "INRReconstruction", "INRRegistration", "INRSegmentation")
FOLDER = ROOT / "Resources" / "Screenshots" / "Panels"
WIDTH, COLUMNS, GAP, CAPTION, COLORS = 500, 3, 12, 26, 12
ITERATIONS, MANY = 600, 3000


def palettes() -> dict[str, QPalette]:
    """The style's own light colours, and dark ones as Slicer's dark style has them."""
    dark = QPalette()
    roles = QPalette.ColorRole
    colors = {
        roles.Window: 53, roles.Base: 35, roles.AlternateBase: 45, roles.Button: 53, roles.ToolTipBase: 53,
        roles.WindowText: 235, roles.Text: 235, roles.ButtonText: 235, roles.ToolTipText: 235,
    }  # fmt: skip
    for role, gray in colors.items():
        dark.setColor(role, QColor(gray, gray, gray))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        dark.setColor(QPalette.ColorGroup.Disabled, role, QColor(127, 127, 127))
    dark.setColor(roles.Highlight, QColor(42, 130, 218))
    dark.setColor(roles.PlaceholderText, QColor(235, 235, 235, 128))
    return {"light": QApplication.style().standardPalette(), "dark": dark}


class Photographer:
    """Takes a panel's picture in all themes and puts the pictures of a module on one sheet per theme."""

    def __init__(self) -> None:
        self._palettes = palettes()
        self._pictures: dict[str, list[tuple[str, QImage]]] = {theme: [] for theme in self._palettes}

    def take(self, state: str, panel: Any) -> None:
        for theme, palette in self._palettes.items():
            QApplication.setPalette(palette)
            frame = panel.parent
            for _ in range(5):  # labels that wrap need more than one round to find their height
                QApplication.processEvents()
                frame.resize(WIDTH, frame.layout().heightForWidth(WIDTH))
            self._pictures[theme].append((state, frame.grab().toImage()))

    def save(self, name: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for theme, pictures in self._pictures.items():
            path = FOLDER / f"{name}_{theme}.png"
            sheet(pictures, self._palettes[theme]).save(str(path))
            with_few_colors(Image.open(path)).save(path, optimize=True)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def with_few_colors(picture: Image.Image) -> Image.Image:
    """Small to store: the most frequent grays as they are, and the few pixels of a progress bar still blue."""
    for count, method in ((28, Image.Quantize.MEDIANCUT), (COLORS, Image.Quantize.MAXCOVERAGE)):
        picture = picture.convert("RGB").quantize(count, method, dither=Image.Dither.NONE)
    return picture


def sheet(pictures: list[tuple[str, QImage]], palette: QPalette) -> QImage:
    """The pictures in rows, each below its name."""
    rows = [pictures[start : start + COLUMNS] for start in range(0, len(pictures), COLUMNS)]
    heights = [CAPTION + max(picture.height() for _, picture in row) + GAP for row in rows]
    result = QImage(COLUMNS * (WIDTH + GAP) + GAP, sum(heights) + GAP, QImage.Format.Format_RGB32)
    result.fill(palette.color(QPalette.ColorRole.Window).darker(112))
    painter = QPainter(result)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    painter.setFont(QFont(painter.font().family(), 10, QFont.Weight.Bold))
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        for column, (state, picture) in enumerate(row):
            left = GAP + column * (WIDTH + GAP)
            painter.drawText(QRect(left, top, WIDTH, CAPTION), Qt.AlignmentFlag.AlignVCenter, state)
            painter.drawImage(left, top + CAPTION, picture)
        top += height
    painter.end()
    return result


# -- states ----------------------------------------------------------------------------------------------------------
@contextmanager
def opened(app: Any, module: Any) -> Iterator[Any]:
    """The module's panel in an empty scene."""
    app.scene.Clear()
    panel = app.open_panel(module)
    panel.enter()
    panel.parent.setVisible(True)
    yield panel
    panel.cleanup()
    panel.parent.deleteLater()


def fill_in(panel: Any, folder: Path) -> None:
    """The sample as input, a quick run on the processor."""
    from INRCore.panel.parameters import Device, Preset
    from INRCore.panel.samples import add_sample

    for name, node in add_sample(panel.moduleName).items():
        setattr(panel.parameters, name, node)
    panel.parameters.preset, panel.parameters.device = Preset.FAST, Device.CPU
    if panel.moduleName == "INRCompression":
        panel.parameters.filePath = str(folder / "Sample head.inr")


def start(app: Any, panel: Any, iterations: int) -> None:
    panel.parameters.iterations = iterations
    panel.ui.applyButton.click()


def is_fitting(panel: Any) -> bool:
    bar = panel.ui.progressBar
    return bar.value > 0.1 * bar.maximum and panel.ui.statusLabel.text.startswith(("Fit", "Quantise"))


def knows_device(panel: Any) -> bool:
    return panel.ui.deviceLabel.text not in ("", "Looking for devices ...")


@contextmanager
def without_torch(folder: Path) -> Iterator[None]:
    """Workers that find a torch which cannot be imported."""
    from INRCore.panel.device_section import shared_probe

    package = folder / "torch"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    os.environ["PYTHONPATH"] = str(folder)
    shared_probe().forget()
    yield
    del os.environ["PYTHONPATH"]
    shared_probe().forget()


def unfold_files(app: Any, panel: Any, folder: Path) -> None:
    """The compression panel's sections about files, after a folder with a broken file and one that is there already."""
    from INRCore.io import write_volume
    from INRCore.scene import volume_from_node

    source, target = folder / "scans", folder / "packed"
    source.mkdir()
    target.mkdir()
    volume = volume_from_node(panel.parameters.inputVolume)
    for name in ("head 1", "head 2"):
        write_volume(volume, source / f"{name}.nrrd")
    (source / "broken.nrrd").write_bytes(b"NRRD0004\nnonsense")
    (target / "head 2.inr").write_bytes(b"")
    panel.parameters.sourceFolder, panel.parameters.targetFolder = str(source), str(target)
    panel.ui.folderButton.click()
    app.wait_until(lambda: panel.ui.folderButton.text != "Cancel", 300)
    panel.parameters.openPath, panel.parameters.openSpacing = str(target / "head 1.inr"), 4.0
    panel.ui.openButton.click()
    for name in ("regionCollapsibleButton", "folderCollapsibleButton", "openCollapsibleButton"):
        getattr(panel.ui, name).collapsed = False


def photograph(app: Any, module: Any, photographer: Photographer, folder: Path) -> None:
    with opened(app, module) as panel:
        app.wait_until(lambda: knows_device(panel))
        photographer.take("Empty", panel)
        fill_in(panel, folder)
        app.wait_until(lambda: knows_device(panel))
        photographer.take("Ready", panel)
        start(app, panel, MANY)
        app.wait_until(lambda: is_fitting(panel), 300)
        photographer.take("Running", panel)
        panel.ui.applyButton.click()
        start(app, panel, ITERATIONS)
        app.wait_until(lambda: panel.ui.applyButton.text == "Apply", 600)
        photographer.take("Done", panel)
        if panel.moduleName == "INRCompression":
            unfold_files(app, panel, folder)
            photographer.take("A folder compressed, a file opened", panel)
        panel.parameters.device = type(panel.parameters.device).CUDA
        start(app, panel, ITERATIONS)
        app.wait_until(lambda: panel.ui.applyButton.text == "Apply", 300)
        if panel.ui.errorLabel.text:  # whole numbers alone need no device
            photographer.take("Error (no such device)", panel)
    with without_torch(folder), opened(app, module) as panel:
        fill_in(panel, folder)
        if panel.moduleName == "INRSegmentation":  # splines do without
            panel.parameters.method = type(panel.parameters.method).NETWORK
        if panel.moduleName == "INRCompression":  # and wavelets
            panel.parameters.codec = type(panel.parameters.codec).NETWORK
        app.wait_until(lambda: panel.ui.torchFrame.isVisibleTo(panel.parent))
        photographer.take("Without PyTorch", panel)


def main() -> None:
    names = sys.argv[1:] or MODULES
    with slicer_double.installed() as app, tempfile.TemporaryDirectory() as folder:
        QApplication.setStyle("Fusion")
        modules = {name: app.load_module(ROOT / name / f"{name}.py") for name in MODULES}
        for name in names:
            photographer = Photographer()
            photograph(app, modules[name], photographer, Path(folder))
            photographer.save(name)
        app.scene.Clear()
    assert not app.slot_errors


if __name__ == "__main__":
    main()
