"""What the tests of super-resolution share: a fine grid, a head on it, short fits, grids of thick slices."""

from phantoms import BrainLike

from INRCore.fields import FieldSettings
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings

CORNER = (-15.5, -15.5, -15.5)
FINE = Grid.from_parts((32, 32, 32), (1, 1, 1), CORNER)
HEAD = BrainLike(radius=13)


def settings(field=None, fit=None, **changes):
    fit = {"iterations": 120, "points": 4096, "learning_rate": 5e-4, "device": "cpu", **(fit or {})}
    return SuperResolutionSettings(
        **{
            "method": "network",
            "field": FieldSettings(**{"width": 192, "omega_first": 8.0, **(field or {})}),
            **changes,
        },
        fit=FitSettings(**fit),
    )


def small(**changes):
    return settings({"width": 128}, **changes)


def quick(fit=None, **changes):
    return settings({"width": 16, "depth": 2}, {"iterations": 4, "points": 512, **(fit or {})}, **changes)


def thick_grid(axis=2, factor=4):
    size = FINE.size_ijk.copy()
    size[axis] //= factor
    return FINE.with_size(size.tolist())
