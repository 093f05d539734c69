"""The fit loop: progress, best-so-far, stopping, seeds, resuming, running out of memory."""

import pytest
import torch

from INRCore.devices import choose_device
from INRCore.errors import DeviceError, InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fitting import Control, FitLoop, FitSettings, Problem, run_to_end
from INRCore.geometry import Grid
from INRCore.volume import Volume


class WaveProblem(Problem):
    """A SIREN fitted to a plane wave; runs out of memory above `memory_points`, gives NaN at `nan_at`."""

    def __init__(self, network="siren", memory_points=1 << 30, nan_at=-1):
        omega = 3 if network == "wire" else 8
        settings = FieldSettings(
            network=network, width=24, depth=2, omega_first=omega, omega_hidden=omega, wire_scale=1
        )
        self.module = Field(settings, Frame((0, 0, 0), 10.0), seed=0)
        self.memory_points, self.nan_at = memory_points, nan_at

    def losses(self, points, generator, iteration):
        if points > self.memory_points:
            raise torch.OutOfMemoryError("CUDA out of memory")
        x = torch.rand(points, 3, generator=generator, device=self.module.device) * 20 - 10
        error = (self.module(x)[:, 0] - self.wave(x)).square().mean()
        if iteration == self.nan_at:
            self.nan_at = -1
            error = error * torch.nan
        return {"mse": error}

    def metrics(self):
        x = torch.rand(2000, 3, generator=torch.Generator().manual_seed(9)) * 20 - 10
        with torch.no_grad():
            return {"psnr_db": float(-10 * torch.log10((self.module(x)[:, 0] - self.wave(x)).square().mean() / 4))}

    def preview(self, voxels):
        grid = Grid.from_parts((8, 8, 8)).coarsened(voxels)
        return Volume(self.module.evaluate(grid.points()).reshape(grid.shape), grid)

    @staticmethod
    def wave(x):
        return torch.sin(0.4 * x[:, 0] - 0.3 * x[:, 2])


def settings(**changes):
    return FitSettings(**{"iterations": 200, "points": 512, "device": "cpu", "learning_rate": 3e-3, **changes})


def weights(loop):
    return torch.cat([p.detach().flatten() for p in loop.problem.module.parameters()])


def finish(loop):
    return list(loop.run())


@pytest.mark.parametrize(("network", "rate"), [("siren", 3e-3), ("finer", 3e-3), ("wire", 2e-2)])
def test_a_fit_reaches_a_held_out_psnr_and_reports_on_the_way(network, rate):
    loop = FitLoop(WaveProblem(network), settings(learning_rate=rate))
    reports = finish(loop)
    assert loop.problem.metrics()["psnr_db"] > 30
    assert [r.iteration for r in reports] == list(range(10, 201, 10))
    assert reports[-1].losses["mse"] < 0.05 * reports[0].losses["mse"]
    assert reports[0].eta_seconds > 0 and reports[-1].eta_seconds == 0
    assert reports[3].preview(64).array.shape == (4, 4, 4)
    assert loop.stop_reason == "iterations"


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "lbfgs"])
def test_every_optimizer_lowers_the_loss(optimizer):
    rate = 0.5 if optimizer == "lbfgs" else 3e-3
    loop = FitLoop(WaveProblem(), settings(optimizer=optimizer, learning_rate=rate, iterations=60))
    reports = finish(loop)
    assert reports[-1].losses["mse"] < 0.2 * reports[0].losses["mse"]


def test_stopping_half_way_leaves_the_best_field_so_far():
    control = Control()
    loop = FitLoop(WaveProblem(), settings(), control)
    for progress in loop.run():
        if progress.iteration == 100:
            control.stop()
    assert loop.iteration == 101
    assert loop.stop_reason == "stopped"
    assert loop.problem.metrics()["psnr_db"] > 20


def test_a_diverging_tail_does_not_spoil_the_result():
    class Spoiled(WaveProblem):
        def losses(self, points, generator, iteration):
            terms = super().losses(points, generator, iteration)
            return terms if iteration < 150 else {"mse": (self.module(torch.zeros(1, 3)) - 50).square().mean()}

    loop = FitLoop(Spoiled(), settings())
    finish(loop)
    assert loop.problem.metrics()["psnr_db"] > 25


def test_the_same_seed_repeats_the_fit_and_another_does_not():
    runs = [FitLoop(WaveProblem(), settings(iterations=30, seed=s)) for s in (1, 1, 2)]
    for loop in runs:
        finish(loop)
    assert torch.equal(weights(runs[0]), weights(runs[1]))
    assert not torch.equal(weights(runs[0]), weights(runs[2]))


@pytest.mark.parametrize("network", ["siren", "wire"])
def test_a_resumed_fit_ends_where_the_uninterrupted_one_does(tmp_path, network):
    whole = FitLoop(WaveProblem(network), settings(iterations=60))
    finish(whole)
    first = FitLoop(WaveProblem(network), settings(iterations=60))
    for progress in first.run():
        if progress.iteration == 30:
            first.save_checkpoint(tmp_path / "fit.checkpoint")
            break
    second = FitLoop(WaveProblem(network), settings(iterations=60))
    second.resume(tmp_path / "fit.checkpoint")
    assert second.iteration == 30
    finish(second)
    assert torch.equal(weights(whole), weights(second))


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    FitLoop(WaveProblem("siren"), settings()).save_checkpoint(tmp_path / "a")
    with pytest.raises(InputError, match="another network"):
        FitLoop(WaveProblem("wire"), settings()).resume(tmp_path / "a")


def test_targets_and_plateaus_end_the_fit_early():
    loop = FitLoop(WaveProblem(), settings(target_psnr_db=20, metric_every=10))
    finish(loop)
    assert loop.stop_reason == "target" and loop.iteration < 200 and loop.problem.metrics()["psnr_db"] >= 20
    loop = FitLoop(WaveProblem(), settings(target_loss=0.05))
    finish(loop)
    assert loop.stop_reason == "target" and loop.iteration < 200
    loop = FitLoop(WaveProblem(), settings(learning_rate=1e-8, schedule="constant", plateau_iterations=40, points=4096))
    finish(loop)
    assert loop.stop_reason == "plateau" and loop.iteration < 150
    loop = FitLoop(WaveProblem(), settings(iterations=10_000_000, max_seconds=0.3))
    finish(loop)
    assert loop.stop_reason == "time"


def test_running_out_of_memory_halves_the_batch_and_says_so():
    loop = FitLoop(WaveProblem(memory_points=200), settings())
    reports = finish(loop)
    assert loop.points == 128
    assert "128 points" in reports[0].note
    assert loop.problem.metrics()["psnr_db"] > 25


def test_memory_that_never_suffices_is_a_clear_error():
    with pytest.raises(DeviceError, match="smaller network"):
        finish(FitLoop(WaveProblem(memory_points=10), settings()))


def test_a_loss_that_is_not_finite_puts_the_fit_back_with_smaller_steps():
    loop = FitLoop(WaveProblem(nan_at=95), settings())
    finish(loop)
    assert any("not finite" in note for note in loop.notes)
    assert loop.problem.metrics()["psnr_db"] > 20


def test_run_to_end_returns_what_the_task_returns():
    def task():
        yield from ()
        return 5

    assert run_to_end(task()) == 5


def test_auto_finds_a_working_device_and_says_which():
    choice = choose_device("auto")
    assert choice.device.type in choice.reason.lower()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_asked_for_by_name_is_never_replaced():
    with pytest.raises(DeviceError, match="Choose 'auto' or 'cpu'"):
        choose_device("cuda")
