"""Draws the thumbnails of the samples (INRCore/panel/Resources/Samples) that Slicer's module Sample Data shows:

python Testing/tools/make_sample_pictures.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter  # noqa: E402

from INRCore import samples  # noqa: E402

SIZE = 130
CONTOURS = {1: QColor(90, 160, 255), 2: QColor(255, 120, 60)}


def gray(slice_: np.ndarray) -> QImage:
    """(rows, columns) intensities, anterior or superior first."""
    pixels = np.ascontiguousarray(np.clip(slice_[::-1] / 750 * 255, 0, 255).astype(np.uint8))
    return QImage(pixels.data, *pixels.shape[::-1], pixels.shape[1], QImage.Format.Format_Grayscale8).copy()


def side_by_side(*pictures: QImage) -> QImage:
    """Equal tiles of a square thumbnail's width."""
    canvas = QImage(SIZE, SIZE, QImage.Format.Format_RGB32)
    canvas.fill(Qt.GlobalColor.black)
    painter, width = QPainter(canvas), SIZE // len(pictures)
    for number, picture in enumerate(pictures):
        tile = picture.scaled(
            width, SIZE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        x, y = number * width + (width - tile.width()) // 2, (SIZE - tile.height()) // 2
        painter.drawImage(x, y, tile)
    painter.end()
    return canvas


def contours() -> QImage:
    """The middle drawn slices of the labels over the head."""
    volume = samples.head_volume()
    labels = samples.drawn_labels(volume).labels.array
    number = int(np.argmax((labels == 1).sum((1, 2)) * (labels == 2).sum((1, 2))))
    picture = gray(volume.array[number]).convertToFormat(QImage.Format.Format_RGB32)
    for row, column in zip(*np.nonzero(labels[number]), strict=True):
        picture.setPixelColor(int(column), picture.height() - 1 - int(row), CONTOURS[int(labels[number, row, column])])
    return picture


def main() -> None:
    application = QGuiApplication([])
    head, thick, (fixed, moving) = samples.head_volume(), samples.thick_slices(), samples.head_pair()
    across = np.repeat(thick.array[:, thick.array.shape[1] // 2], 4, axis=0)
    pictures = {
        "INRCompression": side_by_side(gray(head.array[44])),
        "INRReconstruction": side_by_side(gray(across)),
        "INRRegistration": side_by_side(gray(fixed.array[34]), gray(moving.array[30])),
        "INRSegmentation": side_by_side(contours()),
    }
    folder = ROOT / "INRCore" / "panel" / "Resources" / "Samples"
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        picture.save(str(folder / f"{name}.png"))
        print(f"{name}.png: {(folder / f'{name}.png').stat().st_size} bytes")
    del application


if __name__ == "__main__":
    main()
