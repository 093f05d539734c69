"""The reader in one file: no difference from the library, nothing but NumPy."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compression_cases import moving_shapes, noise, phantom
from grids import GRIDS

from INRCore.compression import CompressionSettings, compress, compress_series, decompress
from INRCore.volume import Volume
from Testing.tools.make_lean_reader import TARGET, lean_reader

ROOT = Path(__file__).resolve().parents[1]

GRID = GRIDS["left-handed oblique"].with_size((30, 26, 20))
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
for name in ("torch", "scipy", "vtk", "SimpleITK", "INRCore"):
    sys.modules[name] = None
import numpy as np
from read_inr import read_inr
for number in range({count}):
    array, matrix, about = read_inr(f"{files}/{{number}}.inr", {frame})
    np.savez(f"{files}/{{number}}.npz", array=array, matrix=matrix)
"""


def _cases():
    volume = phantom(GRID)
    holed = volume.array.astype(np.float32)
    holed[2:5, 3:9, 4:8], holed[0, 0, 0] = np.nan, np.inf
    ball = volume.with_array((volume.array > 500).astype(np.uint8))
    return [
        compress(volume, CompressionSettings(target_ratio=12)),
        compress(volume, CompressionSettings(target_max_error=3)),
        compress(volume.with_array(holed), CompressionSettings(target_max_error=3.0)),
        compress(Volume(noise("uint16"), GRID.with_size((11, 9, 6))), CompressionSettings(target_max_error=0)),
        compress(volume, CompressionSettings(target_ratio=20, region_max_error=1), region=ball),
        compress(ball, CompressionSettings(codec="labels")),
        compress(moving_shapes((11, 66, 70)), CompressionSettings(target_ratio=60)),
    ]


def test_the_reader_is_the_one_that_the_decoder_gives():
    assert TARGET.read_text(encoding="utf-8") == lean_reader(), "run Testing/tools/make_lean_reader.py"


def test_every_kind_of_file_is_read_to_the_bit_with_numpy_alone(tmp_path):
    results = _cases()
    for number, result in enumerate(results):
        result.save(tmp_path / f"{number}.inr")
    _run(tmp_path, len(results), 0)
    for number, result in enumerate(results):
        found = np.load(tmp_path / f"{number}.npz")
        expected = decompress(result.file)
        assert found["array"].dtype == expected.array.dtype
        assert np.array_equal(found["array"], expected.array, equal_nan=expected.array.dtype.kind == "f"), number
        assert np.allclose(found["matrix"], expected.grid.ijk_to_world)


@pytest.mark.parametrize("bound", [None, 2])
def test_a_frame_of_a_series_is_read_to_the_bit(tmp_path, bound):
    volume = phantom(GRID)
    volumes = [volume.with_array((volume.array * (1 + n / 10)).astype(np.int16)) for n in range(3)]
    result = compress_series(volumes, "frames", CompressionSettings(target_max_error=bound))
    result.save(tmp_path / "0.inr")
    _run(tmp_path, 1, 2)
    assert np.array_equal(np.load(tmp_path / "0.npz")["array"], result.series.volume(2).array)


def _run(folder: Path, count: int, frame: int) -> None:
    script = SCRIPT.format(folder=str(TARGET.parent), files=str(folder), count=count, frame=frame)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
