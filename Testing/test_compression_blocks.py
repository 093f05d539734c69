"""The codec 'blocks': boxes sized by their spectrum, a sine network each, the same voxels on every machine."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from command_tools import run
from compression_cases import phantom
from damaged_files import hostile, survives

from INRCore.compression import CompressionSettings, compress, decompress, inr_from_bytes, read_inr
from INRCore.compression.blocks.evaluation import ONE, STEP_BITS, evaluate
from INRCore.compression.blocks.layout import WIDTHS, Leaves, layer_sizes, parameter_count
from INRCore.compression.blocks.partition import plan_blocks
from INRCore.errors import InputError
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.io import write_volume
from INRCore.volume import Volume

ROOT = Path(__file__).resolve().parents[1]
GRID = Grid.from_parts((44, 40, 24), (1.1, 1.2, 2.5), (30, -20, 15))


def blocks(iterations=60, **changes):
    return CompressionSettings(
        codec="blocks", fit=FitSettings(iterations=iterations, points=4096, device="cpu"), **changes
    )


@pytest.fixture(scope="module")
def a_result():
    return compress(phantom(GRID), blocks(200, target_ratio=20))


def test_a_volume_comes_back_at_the_size_asked_for(a_result):
    assert len(a_result.data) <= a_result.metrics["raw_bytes"] / 20
    assert len(a_result.data) > 0.8 * a_result.metrics["raw_bytes"] / 20
    flat = 20 * np.log10(1000 / phantom(GRID).array.std())
    assert a_result.metrics["psnr_db"] > flat + 12  # one mean for all: flat
    assert inr_from_bytes(a_result.data).describe()["field"].startswith("blocks")


def test_detail_gets_small_boxes_and_the_parameters():
    values = np.zeros((64, 64, 128)) + np.linspace(0, 1, 128)
    values[32:48, 32:48, 96:112] += np.random.default_rng(0).normal(size=(16, 16, 16))
    leaves, kinds = plan_blocks(values, 5000)
    sizes = np.array([parameter_count(kind) for kind in kinds])
    in_noise = (leaves.starts[:, 2] >= 96) & (leaves.starts[:, 2] < 112) & (leaves.starts[:, :2] // 16 == 2).all(1)
    assert leaves.levels[in_noise].min() >= 2 and leaves.levels[leaves.starts[:, 2] < 64].max() == 0
    assert sizes[in_noise].sum() > 5 * sizes[~in_noise].sum()
    assert 0.5 * 5000 < sizes.sum() <= 5000
    assert leaves.sizes.prod(1).sum() == values.size


@pytest.mark.parametrize("shape", [(24, 40, 44), (1, 70, 9), (65, 1, 1)])
def test_boxes_fill_the_volume_once(shape):
    leaves, _ = plan_blocks(np.random.default_rng(1).random(shape), 500)
    hits = np.zeros(shape, int)
    for box in leaves.boxes():
        hits[box] += 1
    assert (hits == 1).all()


def a_network(kind, generator, count=3):
    weights = []
    for inputs, outputs in layer_sizes(kind):
        weights += [
            generator.integers(-60, 61, (count, inputs, outputs)),
            generator.integers(-60, 61, (count, outputs)),
        ]
    return weights, (2600, 2600, 1500, 900, 1800, 900, 9000, 1200)


def test_whole_numbers_agree_with_the_network_that_was_fitted():
    weights, steps = a_network(4, np.random.default_rng(2))
    found = evaluate(weights, steps, (4, 8, 8))
    turn = [2 * np.pi / 2**STEP_BITS] * 6 + [1 / 2**STEP_BITS] * 2
    real = [torch.from_numpy(w * (s * t)) for w, s, t in zip(weights, steps, turn, strict=True)]
    k, j, i = np.meshgrid(*((2 * np.arange(n) + 1 - n) / n for n in (4, 8, 8)), indexing="ij")
    features = torch.from_numpy(np.stack([i, j, k], -1).reshape(1, -1, 3)).expand(3, -1, -1)
    for layer in range(3):
        features = torch.sin(features @ real[2 * layer] + real[2 * layer + 1][:, None])
    expected = (features @ real[6] + real[7][:, None])[..., 0].numpy()
    assert np.abs(found.reshape(3, -1) / ONE - expected).max() < 5e-3 * np.abs(expected).max()


def test_the_order_of_summation_changes_no_bit():
    generator = np.random.default_rng(3)
    weights, steps = a_network(10, generator)
    turned = list(weights)
    for layer in range(3):
        order = generator.permutation(weights[2 * layer].shape[2])
        turned[2 * layer] = turned[2 * layer][..., order]
        turned[2 * layer + 1] = turned[2 * layer + 1][..., order]
        turned[2 * layer + 2] = turned[2 * layer + 2][:, order]
    assert np.array_equal(evaluate(weights, steps, (8, 8, 8)), evaluate(turned, steps, (8, 8, 8)))


def test_no_entry_of_the_sine_is_near_a_tie():
    exact = np.sin(np.arange(ONE) * (2 * np.pi / ONE)) * ONE
    distance = np.abs(exact - np.floor(exact) - 0.5)
    assert distance.min() > 1e-7  # libraries differ by 1e-12


def test_what_is_decoded_is_what_was_fitted(a_result):
    again = decompress(inr_from_bytes(a_result.data))
    assert np.array_equal(again.array, a_result.volume.array)
    assert (
        compress(phantom(GRID), blocks(20, target_ratio=20)).data
        == compress(phantom(GRID), blocks(20, target_ratio=20)).data
    )


def test_it_opens_without_torch_and_on_other_grids(a_result, tmp_path):
    a_result.save(tmp_path / "a.inr")
    script = (
        "import sys; sys.modules['torch'] = None; import numpy as np; from INRCore.compression import read_inr;"
        "np.save(sys.argv[2], read_inr(sys.argv[1]).decompress().array)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.inr"), str(tmp_path / "a.npy")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load(tmp_path / "a.npy"), a_result.volume.array)
    coarse = read_inr(tmp_path / "a.inr").decompress(spacing=3.0)
    assert abs(float(coarse.array.mean()) - float(a_result.volume.array.mean())) < 25


def test_voxels_that_are_no_numbers_come_back():
    volume = phantom(Grid.from_parts((9, 20, 18), (1, 1, 1)), np.float32)
    holed = volume.array.copy()
    holed[2:4, 5:9, 5:9], holed[0, 0, 0] = np.nan, -np.inf
    result = compress(volume.with_array(holed), blocks(10, target_ratio=8))
    again = inr_from_bytes(result.data).decompress().array
    assert np.array_equal(np.isnan(again), np.isnan(holed)) and again[0, 0, 0] == -np.inf
    assert np.isfinite(again[~np.isnan(holed)]).sum() == np.isfinite(holed).sum()


@pytest.mark.parametrize("shape", [(1, 30, 28), (5, 1, 1), (2, 2, 2)])
def test_thin_and_tiny_volumes_come_back(shape):
    voxels = np.random.default_rng(4).integers(-5, 900, shape).astype(np.int16)
    result = compress(Volume(voxels, Grid(shape, np.eye(4))), blocks(5, usual_ratio=2))
    assert decompress(result.file).array.shape == shape


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target_psnr_db": 40.0}, "ratios and file sizes only"),
        ({"target_max_error": 3.0}, "ratios and file sizes only"),
        ({"target_ratio": 1e5}, "cannot be compressed"),
    ],
)
def test_what_it_cannot_do_is_said_before_long_work(changes, message):
    with pytest.raises(InputError, match=message):
        compress(phantom(GRID), blocks(100_000, **changes))


def test_a_region_is_refused():
    volume = phantom(GRID)
    with pytest.raises(InputError, match="needs the codec 'pyramid'"):
        compress(volume, blocks(5, region_max_error=0), region=volume)


def test_damaged_networks_give_a_line(a_result):
    generator = np.random.default_rng(5)
    survivors = sum(survives(hostile(a_result.data, generator)) for _ in range(60))
    assert survivors < 20
    for length in range(30, len(a_result.data), 97):
        with pytest.raises(InputError):
            inr_from_bytes(a_result.data[:length], "'f'")


def test_the_command_takes_the_codec(tmp_path):
    write_volume(phantom(GRID), tmp_path / "a.nrrd")
    words = ("--codec", "blocks", "--ratio", 30, "--set", "fit.iterations=10", "--progress", "none")
    assert run("compress", tmp_path / "a.nrrd", tmp_path / "a.inr", *words) == 0
    assert read_inr(tmp_path / "a.inr").blocks is not None
    assert run("estimate", tmp_path / "a.nrrd", "--codec", "blocks") != 0


def test_kinds_are_funnels():
    for kind in range(1, len(WIDTHS)):
        outputs = [n for _, n in layer_sizes(kind)]
        assert outputs[1:3] == [outputs[0] // 2, outputs[0] // 4]


def test_leaves_in_file_order_do_not_depend_on_how_they_were_found():
    splits = [np.ones((1, 1, 1), bool), np.zeros((2, 2, 2), bool), np.zeros((4, 4, 4), bool)]
    leaves = Leaves.of((64, 64, 64), splits)
    assert leaves.starts.tolist() == [[k, j, i] for k in (0, 32) for j in (0, 32) for i in (0, 32)]
