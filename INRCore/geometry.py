"""Where voxels are: `Grid`, a lattice of voxel centres in patient space.

Conventions of the whole package: world coordinates are RAS millimetres; arrays are indexed (k, j, i); a point in index
space is written (i, j, k); an index names a voxel's CENTRE, so a voxel covers index - 0.5 to index + 0.5. LPS exists
only in `lps_affine` / `from_lps`, for SimpleITK and file formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import InputError

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_CORNER_SIGNS = np.array([[i, j, k] for k in (0, 1) for j in (0, 1) for i in (0, 1)], dtype=float)


@dataclass(frozen=True, eq=False)
class Grid:
    """A lattice of voxels: `shape` (k, j, i) and `ijk_to_world`, the 4x4 affine from (i, j, k, 1) to RAS mm.

    Oblique, left-handed, anisotropic and sheared lattices are all representable. A 2-D image is a grid with one k
    slice. Raises `InputError` when the shape is not three positive integers or the affine is not finite, not affine
    or singular.
    """

    shape: tuple[int, int, int]
    ijk_to_world: np.ndarray

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            raise InputError(f"A grid needs three positive sizes (k, j, i), not {self.shape}.")
        affine = np.array(self.ijk_to_world, dtype=float)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise InputError("The image's IJK-to-world matrix is not a finite 4x4 matrix; check the file's header.")
        if not np.allclose(affine[3], [0, 0, 0, 1]):
            raise InputError("The last row of the image's IJK-to-world matrix is not (0, 0, 0, 1).")
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
        if lengths.min() <= 0 or abs(np.linalg.det(affine[:3, :3] / lengths)) < 1e-6:
            raise InputError(
                "The image's axes lie in one plane or have no length (singular IJK-to-world matrix); "
                "check spacing and directions in the file's header."
            )
        affine.setflags(write=False)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "ijk_to_world", affine)

    # -- construction ------------------------------------------------------------------------------------------------
    @classmethod
    def from_parts(
        cls,
        shape: Sequence[int],
        spacing: Sequence[float] = (1, 1, 1),
        origin: Sequence[float] = (0, 0, 0),
        directions: np.ndarray | None = None,
    ) -> Grid:
        """Grid from `spacing` (i, j, k) mm, `origin` (RAS mm of voxel 0, 0, 0) and `directions` (3x3, columns = the
        world directions of the i, j and k axis; identity if not given)."""
        affine = np.eye(4)
        affine[:3, :3] = (np.eye(3) if directions is None else np.asarray(directions, float)) * np.asarray(
            spacing, float
        )
        affine[:3, 3] = origin
        return cls(tuple(shape), affine)  # type: ignore[arg-type]

    @classmethod
    def from_lps(cls, shape: Sequence[int], ijk_to_lps: np.ndarray) -> Grid:
        """Grid from a 4x4 index-to-LPS matrix, as SimpleITK, NRRD and DICOM give it."""
        return cls(tuple(shape), LPS_FROM_RAS @ np.asarray(ijk_to_lps, float))  # type: ignore[arg-type]

    # -- description -------------------------------------------------------------------------------------------------
    @property
    def spacing(self) -> np.ndarray:
        """Distance between voxel centres along (i, j, k), mm."""
        return np.linalg.norm(self.ijk_to_world[:3, :3], axis=0)

    @property
    def directions(self) -> np.ndarray:
        """3x3, columns = unit world directions of the i, j and k axis (not orthogonal when sheared)."""
        return self.ijk_to_world[:3, :3] / self.spacing

    @property
    def origin(self) -> np.ndarray:
        """RAS mm of the centre of voxel (0, 0, 0)."""
        return self.ijk_to_world[:3, 3].copy()

    @property
    def lps_affine(self) -> np.ndarray:
        """4x4 matrix from (i, j, k, 1) to LPS mm."""
        return LPS_FROM_RAS @ self.ijk_to_world

    @property
    def world_to_ijk(self) -> np.ndarray:
        """4x4 matrix from RAS mm to (i, j, k, 1)."""
        return np.linalg.inv(self.ijk_to_world)

    @property
    def size_ijk(self) -> np.ndarray:
        """Number of voxels along (i, j, k)."""
        return np.array(self.shape[::-1])

    @property
    def voxel_count(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel, mm^3."""
        return float(abs(np.linalg.det(self.ijk_to_world[:3, :3])))

    @property
    def is_left_handed(self) -> bool:
        return bool(np.linalg.det(self.ijk_to_world[:3, :3]) < 0)

    @property
    def is_sheared(self) -> bool:
        """Whether the axes are not at right angles (gantry tilt, registered headers); tolerance 1e-3."""
        d = self.directions
        return bool(np.abs(d.T @ d - np.eye(3)).max() > 1e-3)

    @property
    def center(self) -> np.ndarray:
        """RAS mm of the middle of the field of view."""
        return self.index_to_world((self.size_ijk - 1) / 2)

    @property
    def corners(self) -> np.ndarray:
        """(8, 3) RAS mm of the outer voxel CORNERS (half a voxel beyond the outer centres)."""
        return self.index_to_world(_CORNER_SIGNS * self.size_ijk - 0.5)

    def same_as(self, other: Grid, tolerance_mm: float = 1e-3) -> bool:
        """Whether the other grid has the same shape and puts every voxel within `tolerance_mm` of this one's."""
        if self.shape != other.shape:
            return False
        return bool(np.abs(self.corners - other.corners).max() <= tolerance_mm)

    def overlaps(self, other: Grid) -> bool:
        """Whether the two fields of view can share a point (some lattice point of one lies inside the other)."""
        return bool(self.contains(other._probe_points()).any() or other.contains(self._probe_points()).any())

    def _probe_points(self, per_axis: int = 9) -> np.ndarray:
        steps = np.stack(np.meshgrid(*[np.linspace(0, 1, per_axis)] * 3, indexing="ij"), -1).reshape(-1, 3)
        return self.index_to_world(steps * self.size_ijk - 0.5)

    def box_of(self, other: Grid) -> tuple[slice, slice, slice] | None:
        """Where another grid's voxels are among these, as slices (k, j, i); None when they are not some of these."""
        relation = self.world_to_ijk @ other.ijk_to_world
        start = np.round(relation[:3, 3]).astype(int)
        exact = np.eye(4)
        exact[:3, 3] = start
        if not np.allclose(relation, exact, atol=1e-4) or (start < 0).any():
            return None
        if (start + other.size_ijk > self.size_ijk).any():
            return None
        i, j, k = (slice(int(a), int(a + n)) for a, n in zip(start, other.size_ijk, strict=True))
        return k, j, i

    # -- coordinates -------------------------------------------------------------------------------------------------
    def index_to_world(self, ijk: np.ndarray) -> np.ndarray:
        """(..., 3) continuous (i, j, k) to (..., 3) RAS mm."""
        return np.asarray(ijk, float) @ self.ijk_to_world[:3, :3].T + self.ijk_to_world[:3, 3]

    def world_to_index(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) RAS mm to (..., 3) continuous (i, j, k)."""
        inverse = self.world_to_ijk
        return np.asarray(points, float) @ inverse[:3, :3].T + inverse[:3, 3]

    def contains(self, points: np.ndarray) -> np.ndarray:
        """(...) bool: whether each (..., 3) RAS point lies inside the field of view (voxel edges included)."""
        ijk = self.world_to_index(points)
        return np.asarray(((ijk >= -0.5 - 1e-6) & (ijk <= self.size_ijk - 0.5 + 1e-6)).all(-1))

    def points(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(stop - start, 3) RAS mm of the voxel centres numbered in C order of (k, j, i)."""
        numbers = np.arange(start, self.voxel_count if stop is None else stop)
        k, j, i = np.unravel_index(numbers, self.shape)
        return self.index_to_world(np.stack([i, j, k], -1))

    def chunks(self, points_per_chunk: int) -> Iterator[tuple[slice, np.ndarray]]:
        """Yields (slice into the flattened (k, j, i) array, (n, 3) RAS points), at most `points_per_chunk` at once, so
        that the full list of coordinates never exists."""
        for start in range(0, self.voxel_count, points_per_chunk):
            stop = min(start + points_per_chunk, self.voxel_count)
            yield slice(start, stop), self.points(start, stop)

    # -- other grids -------------------------------------------------------------------------------------------------
    def with_spacing(self, spacing: float | Sequence[float]) -> Grid:
        """Grid over the same field of view (same centre and axes) with the given (i, j, k) spacing in mm.

        The number of voxels is rounded, so the outer edge moves by at most half a new voxel.
        """
        given = np.asarray(spacing)
        if given.dtype.kind not in "iuf" or given.size not in (1, 3):
            raise InputError(f"Spacing must be one number or three (i, j, k), in millimetres, not {spacing!r}.")
        new = np.broadcast_to(given.astype(float), (3,))
        if not (np.isfinite(new).all() and (new > 0).all()):
            raise InputError(f"Spacing must be positive millimetres, not {spacing}.")
        size = np.maximum(1, np.floor(self.size_ijk * self.spacing / new + 0.5)).astype(int)
        return self._centred(size, self.directions * new)

    def with_size(self, size_ijk: Sequence[int]) -> Grid:
        """Grid over exactly the same field of view (voxel edges coincide) with the given number of voxels (i, j, k)."""
        size = np.asarray(size_ijk, int)
        return self._centred(size, self.ijk_to_world[:3, :3] * (self.size_ijk / size))

    def coarsened(self, most_voxels: int) -> Grid:
        """Grid over exactly the same field of view with at most `most_voxels` voxels, as near to cubes as that allows;
        no axis gets finer than it is."""
        if self.voxel_count <= most_voxels:
            return self
        spacing = (self.voxel_volume * self.voxel_count / most_voxels) ** (1 / 3)
        while True:
            size = np.maximum(1, self.size_ijk * self.spacing / np.maximum(self.spacing, spacing)).astype(int)
            if np.prod(size) <= max(1, most_voxels):
                return self.with_size(size.tolist())
            spacing *= 1.03

    def _centred(self, size_ijk: np.ndarray, axes: np.ndarray) -> Grid:
        affine = np.eye(4)
        affine[:3, :3] = axes
        affine[:3, 3] = self.center - axes @ ((size_ijk - 1) / 2)
        return Grid(tuple(size_ijk[::-1]), affine)

    def padded(self, voxels_ijk: Sequence[int]) -> Grid:
        """Grid with the given number of voxels (i, j, k) added on BOTH ends of each axis (negative: removed)."""
        margin = np.asarray(voxels_ijk, int)
        affine = self.ijk_to_world.copy()
        affine[:3, 3] = self.index_to_world(-margin)
        return Grid(tuple((self.size_ijk + 2 * margin)[::-1]), affine)

    def cropped(self, start_ijk: Sequence[int], stop_ijk: Sequence[int]) -> Grid:
        """Grid of the voxels start <= (i, j, k) < stop."""
        start, stop = np.asarray(start_ijk, int), np.asarray(stop_ijk, int)
        affine = self.ijk_to_world.copy()
        affine[:3, 3] = self.index_to_world(start)
        return Grid(tuple((stop - start)[::-1]), affine)

    def transformed(self, world_to_world: np.ndarray) -> Grid:
        """Grid moved by a 4x4 RAS-to-RAS matrix (for instance a linear parent transform)."""
        return Grid(self.shape, np.asarray(world_to_world, float) @ self.ijk_to_world)

    def describe(self) -> str:
        """One line for people: size, spacing and what is unusual."""
        size = " x ".join(str(n) for n in self.size_ijk)
        spacing = " x ".join(f"{s:.4g}" for s in self.spacing)
        notes = [text for flag, text in ((self.is_left_handed, "left-handed"), (self.is_sheared, "sheared")) if flag]
        return f"{size} voxels, {spacing} mm (i x j x k)" + (f", {', '.join(notes)}" if notes else "")
