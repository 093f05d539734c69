"""Every measure for different contrasts is best where the images lie on each other: on a phantom and on a patient."""

from pathlib import Path

import numpy as np
import pytest
import torch
from registration_phantom import CENTER, FIXED_GRID, MOVING_GRID, RADIUS, image

from INRCore.demo.cases import coarser, foreground
from INRCore.interpolation import ImageSampler
from INRCore.io import read_volume
from INRCore.losses.local_correlation import Window, local_correlation
from INRCore.losses.mind import descriptor_difference, image_on_axes, mind_ssc
from INRCore.losses.mutual_information import normalised_mutual_information
from INRCore.losses.similarity import normalised_cross_correlation

PATIENT = Path(__file__).resolve().parents[2] / "shared" / "data" / "ms_patient26"


class Comparison:
    """Losses of a fixed and a moving volume after a shift, at points of the fixed one. Intensities 0 to 1."""

    def __init__(self, fixed, moving, region):
        rng = np.random.default_rng(0)
        k, j, i = np.unravel_index(rng.choice(np.flatnonzero(region), 3000), fixed.grid.shape)
        points = fixed.grid.index_to_world(np.stack([i, j, k], -1) + rng.uniform(-0.5, 0.5, (3000, 3)))
        self.points = torch.as_tensor(points, dtype=torch.float32)
        self.windows = (self.points[:600, None] + Window(fixed.grid, 4.0, 27).offsets()).view(-1, 3)
        self.images = [ImageSampler(self.unit(volume.as_float32()), volume.grid) for volume in (fixed, moving)]
        self.channels = []
        for volume in (fixed, moving):
            values, grid = image_on_axes(self.unit(volume.as_float32()), volume.grid, fixed.grid.directions, 2.0)
            self.channels.append([ImageSampler(c.numpy(), grid) for c in mind_ssc(values, distance=1).unbind(-1)])

    @staticmethod
    def unit(values):
        return (values - values.min()) / np.ptp(values)

    def loss(self, name, shift):
        moved = self.points + torch.tensor(shift, dtype=torch.float32)
        if name == "mind":
            a, b = (
                torch.stack([sampler(points) for sampler in samplers], -1)
                for samplers, points in zip(self.channels, (self.points, moved), strict=True)
            )
            return descriptor_difference(a, b).item()
        if name == "local":
            a = self.images[0](self.windows).view(600, 27)
            b = self.images[1](self.windows + torch.tensor(shift, dtype=torch.float32)).view(600, 27)
            return 1 - local_correlation(a, b, signed=False).item()
        a, b = self.images[0](self.points), self.images[1](moved)
        measure = {"nmi": normalised_mutual_information, "ncc": normalised_cross_correlation}[name]
        return 1 - measure(a, b).item()

    def rises(self, name, true, steps):
        """What the loss rises by from the true shift to those `steps` mm to either side along x, y, z."""
        best = self.loss(name, true)
        around = [np.add(true, step * axis) for step in steps for axis in (*np.eye(3), *-np.eye(3))]
        return np.array([self.loss(name, shift) for shift in around]) - best


def shifted(volume, shift):
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    return volume.with_array(volume.array, volume.grid.transformed(matrix))


@pytest.fixture(scope="module")
def phantom_pair():
    """One texture on two oblique grids, the moving one with dark and bright exchanged in the upper range."""
    fixed, moving = image(FIXED_GRID), image(MOVING_GRID)
    folded = np.abs(moving.array - 250.0) * -1
    region = np.linalg.norm(FIXED_GRID.points() - CENTER, axis=-1) < RADIUS + 2
    return Comparison(fixed, moving.with_array(folded), region.reshape(FIXED_GRID.shape)), (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def patient_pair():
    if not PATIENT.exists():
        pytest.skip("the folder ../shared/data with real volumes is not here")
    t1, t2 = (coarser(read_volume(PATIENT / f"{name}.nii.gz"), 2.0) for name in ("T1", "T2"))
    shift = (3.0, -2.0, 4.0)
    return Comparison(t1, shifted(t2, shift), foreground(t1)), shift


@pytest.mark.parametrize("pair", ["phantom_pair", "patient_pair"])
@pytest.mark.parametrize("name", ["nmi", "local", "mind"])
def test_another_contrast_is_most_alike_where_it_lies_on_the_fixed_image(pair, name, request):
    comparison, true = request.getfixturevalue(pair)
    near, far = comparison.rises(name, true, [1.0]), comparison.rises(name, true, [4.0])
    assert near.min() > 0 and far.min() > near.max()


def test_the_correlation_of_all_points_is_misled_by_another_contrast(patient_pair):
    comparison, true = patient_pair
    assert comparison.rises("ncc", true, [4.0]).min() < 0
