"""Large reconstructions: compiled slices, blocks, memory that follows the settings, an early preview."""

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation

from INRCore.fields.switch import is_compiled, use_engine
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
