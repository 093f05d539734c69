"""A map sampled on a grid: what is saved, what Slicer applies, and how well it follows the fitted one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ..geometry import Grid
from ..interpolation import CubicVectorSampler
from .inversion import invert
from .upsampling import Upsampling

_CHUNK = 1 << 18
_COARSE_STEP = 3
MOST_INVERSE_ERROR_MM, _AIM_MM = 0.1, 0.08
_MOST_NODES, _MOST_TIMES = 6_000_000, 64
_LEAST_FACTOR, _ORDER = 1.2, 2.5
_INVERSE_TOLERANCE_MM = 4e-3
"""Far below what interpolation between nodes loses."""


@dataclass(frozen=True, eq=False)
class SampledMap:
    """x -> affine(x + u(x)): `displacement` (k, j, i, 3) float32 RAS mm on `grid`, 0 on its faces; `affine` 4x4. What
    `write_displacement_transform` and `displacement_to_transform_node` take."""

    displacement: np.ndarray
    grid: Grid
    affine: np.ndarray

    def on(self, device: torch.device | str = "cpu") -> Callable[[np.ndarray], np.ndarray]:
        """The map, (N, 3) to (N, 3) RAS mm, interpolated on a device."""
        bend = DisplacementSampler(self.displacement, self.grid, device)
        return lambda points: apply_affine(self.affine, points + bend(points))

    def moved_voxels(self, grid: Grid, points: int) -> Iterator[tuple[slice, np.ndarray]]:
        """(slice of the flattened (k, j, i) array, (n, 3) RAS mm where the voxels come to lie), about `points` at once,
        for a `grid` whose axes are those of the map's."""
        for part, bend in Upsampling(self.grid, grid).chunks(self.displacement, points):
            yield part, apply_affine(self.affine, grid.points(part.start, part.stop) + bend)


class DisplacementSampler:
    """A displacement grid between its nodes, as Slicer interpolates it."""

    def __init__(self, displacement: np.ndarray, nodes: Grid, device: torch.device | str = "cpu") -> None:
        self._sampler, self._device = CubicVectorSampler(displacement, nodes, device), device

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N, 3) float32 mm."""
        tensor = torch.as_tensor(np.asarray(points, np.float32), device=self._device)
        return self._sampler(tensor).cpu().numpy()


def apply_affine(affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, 3) RAS mm through a 4x4 matrix."""
    return points @ affine[:3, :3].T + affine[:3, 3]


def sample(function: Callable[[np.ndarray], np.ndarray], nodes: Grid) -> np.ndarray:
    """A function of points, (n, 3) RAS mm to (n) or (n, d), at the nodes: (k, j, i) or (k, j, i, d) float32."""
    parts = [function(points) for _, points in nodes.chunks(_CHUNK)]
    values = np.concatenate(parts).astype(np.float32, copy=False)
    return values.reshape(*nodes.shape, *values.shape[1:])


def determinant_at_nodes(displacement: np.ndarray, nodes: Grid) -> np.ndarray:
    """det of the Jacobian of x + u(x) (k, j, i) float32 at the nodes of the sampled u, by its differences: between
    nodes cubic convolution is used, whose derivative at a node is exactly the difference of its neighbours over two."""
    slopes = np.stack(np.gradient(displacement.astype(float), axis=(2, 1, 0)), -1)
    return np.linalg.det(np.eye(3) + slopes @ np.linalg.inv(nodes.ijk_to_world[:3, :3])).astype(np.float32)


def inverse_of(
    forward: SampledMap, inverse: Callable[[np.ndarray], np.ndarray] | None, nodes: Grid | None = None
) -> SampledMap:
    """The inverse map in the same form, on the forward map's nodes (or on `nodes` over the same field of view) as the
    affine part carries them: `inverse` takes points z (N, 3) to w with z + w(z) the inverse of x + u(x); None: it is
    found from the sampled u.

    x + u(x) = z and y = A z give y -> A^-1 y + w(A^-1 y) = A^-1 (y + L w(A^-1 y)), where L is A without its shift.
    """
    nodes = nodes or forward.grid
    back = _inverted(forward, nodes) if inverse is None else sample(inverse, nodes)
    turned = back @ forward.affine[:3, :3].T.astype(np.float32)
    return SampledMap(turned, nodes.transformed(forward.affine), np.linalg.inv(forward.affine))


def refined_inverse(forward: SampledMap, inverse: SampledMap, error_mm: Callable[[SampledMap], float]) -> SampledMap:
    """The inverse on so fine nodes that its largest error (a function of it) is at most a tenth of a millimetre, or on
    as many as can be borne. What a map squeezes its inverse stretches, and bends more for that: it may need finer nodes
    than the map. The map must not fold."""
    most = min(_MOST_NODES, _MOST_TIMES * forward.grid.voxel_count)
    nodes = _finer(forward.grid, error_mm(inverse), most)
    while nodes is not None:
        inverse = inverse_of(forward, None, nodes)
        nodes = _finer(nodes, error_mm(inverse), most)
    return inverse


def _finer(nodes: Grid, error_mm: float, most: int) -> Grid | None:
    """None: these nodes are enough, or hardly more can be. The error of cubic convolution falls with the third power of
    their distance where the map is smooth, and slower where it is squeezed."""
    wanted = max((error_mm / _AIM_MM) ** (1 / _ORDER), _LEAST_FACTOR)
    factor = min(wanted, (most / nodes.voxel_count) ** (1 / 3))
    if error_mm <= MOST_INVERSE_ERROR_MM or factor < _LEAST_FACTOR:
        return None
    return nodes.with_size(np.ceil(nodes.size_ijk * factor).astype(int).tolist())


def _inverted(forward: SampledMap, nodes: Grid) -> np.ndarray:
    """(k, j, i, 3) mm: w at the nodes, coarse to fine: what every third node needs many rounds to find is, between
    them and with its slope, so good a guess for the others that one or two rounds are enough."""
    bend = DisplacementSampler(forward.displacement, forward.grid)
    affine = nodes.ijk_to_world.copy()
    affine[:3, :3] *= _COARSE_STEP
    layers, rows, columns = (-(-size // _COARSE_STEP) for size in nodes.shape)
    thin = Grid((layers, rows, columns), affine)
    coarse = sample(lambda points: invert(bend, points)[0], thin)
    guess = Upsampling(thin, nodes).all(coarse, _CHUNK).reshape(-1, 3)
    slopes = np.stack(np.gradient(guess.reshape(*nodes.shape, 3), axis=(2, 1, 0)), -1).reshape(-1, 3, 3)
    result = np.empty((nodes.voxel_count, 3), np.float32)
    for part, points in nodes.chunks(_CHUNK):
        start = guess[part], slopes[part] @ nodes.world_to_ijk[:3, :3]
        result[part] = invert(bend, points, _INVERSE_TOLERANCE_MM, start)[0]
    return result.reshape(*nodes.shape, 3)


def largest_difference(
    function: Callable[[np.ndarray], np.ndarray], sampled: Callable[[np.ndarray], np.ndarray], grid: Grid,
    probes: int = 20_000,
) -> float:  # fmt: skip
    """Largest distance in mm between two displacements at random points of a field of view."""
    rng = np.random.default_rng(1)
    points = grid.index_to_world(rng.uniform(-0.5, grid.size_ijk - 0.5, (probes, 3)))
    return float(np.linalg.norm(sampled(points) - function(points), axis=-1).max())
