"""The words of the command `register`."""

from __future__ import annotations

import argparse

VOLUMES = {
    "volume": ("W.nrrd", "the moving volume on the fixed one's voxels"),
    "jacobian": ("J.nrrd", "local volume change (determinant of the Jacobian)"),
    "log-jacobian": ("J.nrrd", "its logarithm: below 0 shrinking, above growing"),
    "inverse-error": ("E.nrrd", "mm by which the way there and back misses its start"),
    "uncertainty": ("U.nrrd", "mm between the two estimates of where a point goes (--model cycle)"),
    "difference": ("D.nrrd", "the warped moving volume minus the fixed one"),
    "checkerboard": ("C.nrrd", "cubes of both in turn"),
}
MAPS = {
    "transform": ("T.h5", "from fixed to moving points: what Slicer, SimpleITK and ANTs resample with (.h5 or .tfm)"),
    "inverse-transform": ("T.h5", "from moving to fixed points"),
    "field": ("F.safetensors", "the map itself, to be asked about any point (load_registration_field)"),
}
CARRIED = {
    "labels": ("L.nrrd", "label map of the moving volume", "on the fixed one's voxels"),
    "model": ("M.vtp", "surface in the moving volume (.vtp .vtk .stl .obj)", "in the fixed volume"),
    "points": ("P.csv", "points of the moving volume, control points of a curve too", "in the fixed volume"),
}


def add_register_options(parser: argparse.ArgumentParser) -> None:
    """Everything but the two volumes and what all commands share."""
    results = parser.add_argument_group("results")
    for name, (example, text) in (VOLUMES | MAPS).items():
        results.add_argument(f"--output-{name}", metavar=example, help=text)
    _add_fit(parser.add_argument_group("fit"))
    _add_guides(
        parser.add_argument_group("guides", "what else is to lie on each other; the settings have their weights")
    )
    _add_landmarks(parser.add_argument_group("landmarks", "CSV with the header x,y,z in RAS mm, row by row a pair"))
    carried = parser.add_argument_group("carried over", "what belongs to the moving volume, brought onto the fixed one")
    for name, (example, given, where) in CARRIED.items():
        carried.add_argument(f"--carried-{name}", metavar=example, help=given)
        carried.add_argument(f"--output-{name}", metavar=example, help=f"the same {where}")


def _add_fit(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--initial", choices=("none", "rigid", "affine"), help="linear alignment first (default: the preset's)"
    )
    group.add_argument(
        "--initial-transform", metavar="A.h5",
        help="linear transform to start from, as Slicer and ITK save it (.h5 .tfm .txt .mat); --initial improves it",
    )  # fmt: skip
    group.add_argument(
        "--similarity",
        metavar="NAME",
        help="what makes the images alike: ncc lncc ncc_lncc mse (one contrast), lncc_squared mind nmi (others)",
    )
    group.add_argument(
        "--model",
        metavar="NAME",
        help="auto (sliding for two chest CTs, else displacement); displacement; velocity (never folds); "
        "cycle (tells its uncertainty); sliding (two sides, as in a chest)",
    )
    group.add_argument(
        "--forbid-folding", action="store_true", default=None, help="accept only a model that cannot fold"
    )
    group.add_argument("--fixed-mask", metavar="F", help="where to compare, on the fixed side")
    group.add_argument("--moving-mask", metavar="M", help="where to compare, on the moving side")


def _add_guides(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--fixed-channels", nargs="+", metavar="F", help="the fixed volume's other contrasts")
    group.add_argument("--moving-channels", nargs="+", metavar="M", help="the same of the moving one, in this order")
    group.add_argument("--fixed-labels", metavar="F", help="label map; labels of both are to lie on each other")
    group.add_argument("--moving-labels", metavar="M", help="label map with the same numbers for the same things")
    group.add_argument("--fixed-curves", nargs="+", metavar="F.csv", help="curves by their points in order")
    group.add_argument("--moving-curves", nargs="+", metavar="M.csv", help="the same curves, in this order")
    group.add_argument("--rigid", metavar="R", help="label map on the fixed side of what must not be bent (bones)")
    group.add_argument(
        "--sliding",
        metavar="S",
        help="mask on the fixed side of what slides along the rest (--model sliding; found by itself in a chest CT)",
    )


def _add_landmarks(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--fixed-landmarks", metavar="F.csv", help="the error is measured there")
    group.add_argument("--moving-landmarks", metavar="M.csv", help="the same places in the moving volume")
    group.add_argument(
        "--landmarks-weight", type=float, metavar="W", help="fit them too, so much per mm^2 (default: only measured)"
    )
    group.add_argument("--output-landmarks", metavar="L.csv", help="where the fixed landmarks come to lie in MOVING")
    group.add_argument("--output-landmark-errors", metavar="E.csv", help="table of the errors before and after, mm")
