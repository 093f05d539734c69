"""The founding paper's scheme as a codec: slices made small, coded by a network, made large by a trained one."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from command_tools import run
from compression_cases import settings
from grids import GRIDS

from INRCore.compression import compress, inr_from_bytes, read_inr
from INRCore.compression.upsampling.coding import small_volume
from INRCore.compression.upsampling.model import UpsamplerModel
from INRCore.compression.upsampling.settings import UpsamplerSettings
from INRCore.compression.upsampling.training import training_steps
from INRCore.errors import InputError
from INRCore.fitting import run_to_end
from INRCore.io import write_volume
from INRCore.metrics.image import psnr_db
from INRCore.volume import Volume

SMALL = UpsamplerSettings(blocks=1, layers=2, bottleneck=16, steps=250, patch=10)
GRID = GRIDS["left-handed oblique"].with_size((66, 58, 3))


def discs(grid=GRID, seed=0):
    """Sharp discs, others in every slice."""
    generator, array = np.random.default_rng(seed), np.zeros(grid.shape, np.int16)
    j, i = np.indices(grid.shape[1:])
    for image in array:
        for _ in range(6):
            radius, b, a = generator.uniform(6, 14), generator.uniform(0, 58), generator.uniform(0, 66)
            image[(j - b) ** 2 + (i - a) ** 2 < radius**2] = generator.uniform(200, 1000)
    return Volume(array, grid, "discs")


@pytest.fixture(scope="module")
def a_model(tmp_path_factory):
    volume = discs(GRID.with_size((66, 58, 32)), seed=1)
    model, metrics = run_to_end(training_steps([volume], SMALL, "discs.safetensors"))
    path = tmp_path_factory.mktemp("model") / "discs.safetensors"
    path.write_bytes(model.data)
    return path, metrics


def chosen(path, **changes):
    base = settings({"width": 40}, fit={"iterations": 250, "points": 2048})
    return replace(base, codec="upsampled", upsampler=str(path), **changes)


def test_training_beats_lanczos_on_slices_it_has_not_seen(a_model):
    _, metrics = a_model
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + 0.8


def test_the_small_volume_lies_where_the_volume_lies():
    volume = discs()
    small = small_volume(volume, 0, 1000)
    assert small.array.shape == (3, 15, 17)
    corners = [GRID.index_to_world(np.array([i, j, 1.0])) for i, j in ((0, 0), (3, 0), (0, 3), (3, 3))]
    assert small.grid.index_to_world(np.array([0, 0, 1.0])) == pytest.approx(np.mean(corners, axis=0))


def test_a_file_names_its_model_or_carries_it_and_is_opened_either_way(a_model, tmp_path, monkeypatch):
    path, _ = a_model
    volume, model_bytes = discs(), path.stat().st_size
    named = compress(volume, chosen(path))
    carried = compress(volume, chosen(path, embed_upsampler=True))
    assert carried.metrics["file_bytes"] - named.metrics["file_bytes"] == pytest.approx(model_bytes, abs=60)
    assert named.metrics["psnr_db"] > 17 and named.volume.array.dtype == np.int16
    found = inr_from_bytes(carried.data).decompress().array
    assert psnr_db(volume.array, found) == pytest.approx(named.metrics["psnr_db"], abs=0.01)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"needs the upsampler 'discs.safetensors' \(SHA-256"):
        inr_from_bytes(named.data).decompress()
    shutil.copy(path, tmp_path / path.name)
    assert np.array_equal(inr_from_bytes(named.data).decompress().array, named.volume.array)
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    (tmp_path / path.name).write_bytes(changed)
    with pytest.raises(InputError, match="needs the upsampler"):
        inr_from_bytes(named.data).decompress()


def test_what_the_codec_cannot_do_is_refused(a_model):
    with pytest.raises(InputError, match="needs a trained model"):
        compress(discs(), chosen(""))
    with pytest.raises(InputError, match="ratios and file sizes only"):
        compress(discs(), chosen(a_model[0], target_max_error=1))
    with pytest.raises(InputError, match="The upsampler alone takes"):
        compress(discs(), chosen(a_model[0], target_bytes=500, embed_upsampler=True))
    with pytest.raises(InputError, match=r"is no upsampler|is damaged"):
        UpsamplerModel.of_bytes("x", b"\0" * 20)


def test_one_command_trains_and_another_uses_the_model(tmp_path):
    for number in range(2):
        write_volume(discs(GRID.with_size((96, 88, 8)), number), tmp_path / f"{number}.nrrd")
    files = [tmp_path / "0.nrrd", tmp_path / "1.nrrd"]
    model, report = tmp_path / "m.safetensors", tmp_path / "r.json"
    quick = ["--set", "blocks=1", "--set", "layers=1", "--set", "bottleneck=8", "--steps", 12]
    assert run("train-upsampler", *files, "--output", model, "--report", report, *quick) == 0
    told = json.loads(report.read_text())
    assert told["model_bytes"] == model.stat().st_size and len(told["sha256"]) == 64
    few = ["--set", "fit.iterations=5", "--set", "fit.points=256", "--set", "field.width=8", "--device", "cpu"]
    packed = tmp_path / "a.inr"
    assert run("compress", files[0], packed, "--codec", "upsampled", "--upsampler", model, "--ratio", 20, *few) == 0
    assert 2 * 96 * 88 * 8 / packed.stat().st_size >= 20
    assert "enlarged by m.safetensors" in read_inr(packed).describe()["field"]
