"""What a field is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import require, require_choice, require_range

ENCODING_NAMES = ("none", "positional", "fourier", "hashgrid", "grid")
INTERPOLATION_NAMES = ("trilinear", "cubic")
NETWORK_NAMES = ("siren", "relu", "finer", "wire")


@dataclass(frozen=True)
class FieldSettings:
    """Encoding and network of a field. Coordinates reach them scaled so that the longest side of the field of view is
    [-1, 1]; frequencies therefore mean the same in every direction.

    encoding: 'none', 'positional' (NeRF), 'fourier' (Gaussian), 'hashgrid' (Instant-NGP) or 'grid' (dense grids).
    network: 'siren', 'relu', 'finer' or 'wire'; width units per hidden layer; depth hidden layers.
    omega_first, omega_hidden: sine frequencies of the first and the other layers (siren, finer, wire), rad per unit.
    wire_scale: width parameter s of WIRE's Gabor wavelet.
    finer_bias: first-layer bias range of FINER; larger covers higher frequencies.
    octaves: number of NeRF octaves. fourier_features, fourier_sigma: count and standard deviation of frequencies
    (cycles per coordinate unit, that is per half of the longest side).
    hash_levels, hash_features, hash_log2_entries: levels, features per level, log2 of the table rows a level may take;
    hash_coarsest, hash_finest: cells along the longest side on the first and the last level.
    grid_levels, grid_features: dense levels and features on each; grid_coarsest, grid_finest: cells along the longest
    side of the field of view on the first and the last; cells are cubes (in mm) that cover the frame's box.
    grid_interpolation: 'trilinear' or 'cubic' (B-spline: smooth derivatives).
    grid_cells_per_sample: no axis gets more cells than so many for each step between the data's samples (thick slices
    have few); None: cells stay cubes, as for super-resolution. No effect where the frame knows no sample spacing.
    """

    encoding: str = "none"
    network: str = "siren"
    width: int = 128
    depth: int = 3
    omega_first: float = 30.0
    omega_hidden: float = 30.0
    wire_scale: float = 10.0
    finer_bias: float = 1.0
    octaves: int = 8
    fourier_features: int = 128
    fourier_sigma: float = 1.0
    hash_levels: int = 12
    hash_features: int = 2
    hash_log2_entries: int = 15
    hash_coarsest: int = 8
    hash_finest: int = 256
    grid_levels: int = 4
    grid_features: int = 2
    grid_coarsest: int = 8
    grid_finest: int = 64
    grid_interpolation: str = "cubic"
    grid_cells_per_sample: float | None = 1.0

    def __post_init__(self) -> None:
        require_choice("The encoding", self.encoding, ENCODING_NAMES)
        require_choice("The network", self.network, NETWORK_NAMES)
        require_range("The network's width", self.width, 1, 4096, "units")
        require_range("The network's depth", self.depth, 1, 32, "hidden layers")
        for name in ("omega_first", "omega_hidden", "wire_scale", "fourier_sigma"):
            require_range(name, getattr(self, name), 1e-3, 1e4)
        require_range("finer_bias", self.finer_bias, 0, 1e3)
        require_range("octaves", self.octaves, 1, 20)
        require_range("fourier_features", self.fourier_features, 1, 4096)
        require_range("hash_levels", self.hash_levels, 1, 32)
        require_range("hash_features", self.hash_features, 1, 16)
        require_range("hash_log2_entries", self.hash_log2_entries, 4, 24)
        require_range("hash_coarsest", self.hash_coarsest, 1, 4096)
        require(
            self.hash_coarsest <= self.hash_finest <= 1 << 16,
            f"hash_finest is {self.hash_finest}; it must be from hash_coarsest ({self.hash_coarsest}) to 65536.",
        )
        require_choice("grid_interpolation", self.grid_interpolation, INTERPOLATION_NAMES)
        require_range("grid_levels", self.grid_levels, 1, 16)
        require_range("grid_features", self.grid_features, 1, 16)
        require_range("grid_coarsest", self.grid_coarsest, 1, 4096)
        require_range("grid_cells_per_sample", self.grid_cells_per_sample, 1e-2, 16)
        require(
            self.grid_coarsest <= self.grid_finest <= 4096,
            f"grid_finest is {self.grid_finest}; it must be from grid_coarsest ({self.grid_coarsest}) to 4096.",
        )
