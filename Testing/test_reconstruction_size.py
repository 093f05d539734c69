"""Large reconstructions: compiled slices, blocks, memory that follows the settings, an early preview."""

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation
from phantoms import BrainLike, acquired

from INRCore.errors import InputError
from INRCore.fields.switch import is_compiled, use_engine
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.baseline import CubicSpline
from INRCore.reconstruction.blocks import SOLVER_BYTES_PER_VOXEL, blocks_of, most_voxels
from INRCore.reconstruction.lattice_operators import PosedSlices, SliceGeometry

CPU = torch.device("cpu")


@pytest.mark.skipif(not is_compiled(), reason="Numba is not here")
@pytest.mark.parametrize("name", GRIDS)
def test_compiled_slices_see_what_torch_sees(name):
    grid, generator = GRIDS[name], torch.Generator().manual_seed(0)
    geometry = SliceGeometry(grid, 2, 2.5 * float(grid.spacing[2]))
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation(5, -4, 7), (1.0, -3.0, 0.5)
    operator = PosedSlices(geometry, grid.with_spacing(1.3), np.stack([pose] * geometry.count), CPU)
    voxels = torch.randn(operator.shape, generator=generator)
    with use_engine("plain"):
        seen = operator.apply(voxels)
        measured = torch.randn(seen.shape, generator=generator)
        back = operator.adjoint(measured)
    np.testing.assert_allclose(operator.apply(voxels).numpy(), seen.numpy(), atol=1e-4)
    np.testing.assert_allclose(operator.adjoint(measured).numpy(), back.numpy(), atol=1e-3)


@pytest.mark.skipif(not is_compiled(), reason="Numba is not here")
@pytest.mark.parametrize("name", GRIDS)
def test_compiled_splines_are_scipys(name):
    rng, grid = np.random.default_rng(0), Grid((5, 7, 1 if name == "axial" else 6), GRIDS[name].ijk_to_world)
    spline = CubicSpline(rng.normal(size=grid.shape).astype(np.float32), grid)
    points = grid.index_to_world(rng.uniform(-3, 10, (500, 3)))
    with use_engine("numpy"):
        expected = spline(points)
    np.testing.assert_allclose(spline(points), expected, atol=1e-5)
    assert np.ptp(expected) > 1 and spline(points[:0]).shape == (0,)


# -- blocks ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", GRIDS)
def test_blocks_hold_every_voxel_once_and_lie_where_they_say(name):
    lattice = Grid((30, 41, 52), GRIDS[name].ijk_to_world)
    blocks, counts = blocks_of(lattice, 4, 12_000), np.zeros(lattice.shape, int)
    assert len(blocks) > 4 and max(block.grid.voxel_count for block in blocks) <= 12_000
    places = lattice.points().reshape(*lattice.shape, 3)
    for block in blocks:
        counts[block.kept] += 1
        np.testing.assert_allclose(block.grid.points().reshape(*block.grid.shape, 3), places[block.whole], atol=1e-9)
        np.testing.assert_array_equal(places[block.whole][block.inner], places[block.kept])
        assert lattice.box_of(block.grid) == block.whole
        margin = [b.start - a.start == 4 or a.start == 0 for a, b in zip(block.whole, block.kept, strict=True)]
        assert all(margin)
    assert (counts == 1).all()
    assert len(blocks_of(lattice, 4, lattice.voxel_count)) == 1
    with pytest.raises(InputError, match="memory limit is too low"):
        blocks_of(lattice, 12, 12_000)


@pytest.mark.parametrize("tilt", [0, 7])
def test_blocks_give_what_the_whole_gives(tilt, monkeypatch):
    fine = Grid.from_parts((52, 32, 32), (1, 1, 1), (-15.5, -15.5, -25.5))
    head, turn = BrainLike(radius=15), np.eye(4)
    turn[:3, :3] = rotation(tilt, tilt, 0)
    stacks = []
    for axis in (2, 1, 0):
        size = fine.size_ijk.copy()
        size[axis] //= 4
        grid = fine.with_size(size.tolist()).transformed(turn if axis == 1 else np.eye(4))
        stacks.append(acquired(head, grid, axis, noise=2.0))
    settings = SuperResolutionSettings(fit=FitSettings(device="cpu"), uncertainty=False)
    whole = super_resolve(stacks, settings)
    seen = []
    monkeypatch.setattr("INRCore.reconstruction.lattice_method.most_voxels", lambda *_: 36_000)
    parts = super_resolve(stacks, settings, on_progress=lambda progress: seen.append(progress))
    assert max(progress.iterations for progress in seen if progress.stage == "solve") >= 2 * 24
    assert any("is solved in" in progress.note for progress in seen)
    assert next(progress for progress in seen if progress.preview is not None).stage == "start"
    np.testing.assert_allclose(parts.baseline.array, whole.baseline.array, atol=1e-3)
    difference = np.abs(parts.volume.array - whole.volume.array)
    gain = np.abs(whole.volume.array - whole.baseline.array)
    assert difference.max() < 0.03 * gain.max() and difference.mean() < 0.02 * gain.mean()
    for some, others in zip(parts.slice_rmse, whole.slice_rmse, strict=True):
        np.testing.assert_allclose(some, others, rtol=0.05, atol=0.02)


def test_the_memory_limit_sets_the_size_of_the_blocks():
    assert most_voxels(None, 0) > most_voxels(3.0, 2 << 30) > most_voxels(1.0, 2 << 30) > 0
    assert most_voxels(0.1, 1 << 30) * SOLVER_BYTES_PER_VOXEL == pytest.approx(0.025 * 2**30, rel=0.01)
