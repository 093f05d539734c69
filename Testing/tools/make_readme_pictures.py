"""Puts the demo's pictures side by side as the README shows them: run after `make demo`.

.venv/bin/python Testing/tools/make_readme_pictures.py [demo_output]
"""

import sys
from pathlib import Path

from PIL import Image

SCREENSHOTS = Path(__file__).resolve().parents[2] / "Resources" / "Screenshots"
ROWS = {
    "compression": ("compression_before", "compression_after", "compression_difference"),
    "reconstruction": ("super_resolution_before", "super_resolution_baseline", "super_resolution_after"),
    "registration": tuple(f"registration_{p}" for p in ("moving", "warped", "difference_before", "difference")),
    "segmentation": ("segmentation_slice", "segmentation_3d"),
    "demo": ("compression_after", "super_resolution_after", "registration_warped", "segmentation_3d"),
}  # fmt: skip
HEIGHT, GAP = 320, 8


def side_by_side(paths: list[Path]) -> Image.Image:
    """The pictures at one height in a row."""
    pictures = [Image.open(path).convert("RGB") for path in paths]
    pictures = [p.resize((round(p.width * HEIGHT / p.height), HEIGHT), Image.Resampling.LANCZOS) for p in pictures]
    row = Image.new("RGB", (sum(p.width for p in pictures) + GAP * (len(pictures) - 1), HEIGHT), "white")
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + GAP
    return row


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo_output")
    SCREENSHOTS.mkdir(exist_ok=True)
    for name, pictures in ROWS.items():
        side_by_side([folder / f"{picture}.png" for picture in pictures]).save(
            SCREENSHOTS / f"{name}.png", optimize=True
        )


if __name__ == "__main__":
    main()
