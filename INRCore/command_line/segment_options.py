"""The words of the command `segment`."""

from __future__ import annotations

import argparse

_INPUT_HELP = (
    "label map (whole numbers, 0 is background) or probabilities (0 to 1); or closed planar curves: one CSV file with "
    "the columns contour,x,y,z (and name, for several shapes), several of x,y,z, Slicer's closed curves (.mrk.json), "
    "an RTSTRUCT (.dcm); or points of a surface: CSV with x,y,z (and nx,ny,nz), .vtp .vtk .stl .obj; or centre lines "
    "of vessels: CSV with x,y,z,radius (and branch), .vtp as VMTK writes them"
)


def add_segment_options(parser: argparse.ArgumentParser) -> None:
    """Everything but what all commands share."""
    parser.add_argument("labels", nargs="+", metavar="INPUT", help=_INPUT_HELP)
    results = parser.add_argument_group("results")
    results.add_argument("--output-labels", metavar="L.nrrd", help="label map")
    results.add_argument("--output-model", metavar="M.vtp", help="closed surfaces (.vtp .stl .ply .obj)")
    results.add_argument("--output-distance", metavar="D.nrrd", help="signed distance to the nearest surface, mm")
    results.add_argument("--output-uncertainty", metavar="U.nrrd", help="probability that a voxel has the wrong label")
    results.add_argument("--output-state", metavar="S.npz", help="what --start can go on from after one more contour")
    where = results.add_mutually_exclusive_group()
    where.add_argument(
        "--spacing", type=float, metavar="MM", help="isotropic voxel size of the results (default: the input's)"
    )
    where.add_argument("--like", metavar="GRID.nrrd", help="volumes on the voxels of this one (curves and points too)")
    _add_slices(parser.add_argument_group("slices"))
    _add_image(parser.add_argument_group("image"))
    _add_shape(parser.add_argument_group("shape"))


def _add_slices(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--sparse", metavar="AXES",
        help="which slices are drawn: auto (default), dense (all of them), or those across i, j, k, ij, ik, jk, ijk",
    )  # fmt: skip
    group.add_argument("--start", metavar="S.npz", help="an earlier run's state: only what has changed is found anew")
    group.add_argument(
        "--empty-slices", nargs="+", metavar="SLICE",
        help="slices that were looked at and hold nothing, as k50 or i3-5 (0-based); other empty ones are unknown",
    )  # fmt: skip


def _add_image(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--image", metavar="I", help="volume whose edges pull the surfaces between drawn slices")
    group.add_argument(
        "--image-weight", type=float, metavar="W",
        help="share of the way to the best matching edge that a surface goes, 0 to 1 (default: 0.5)",
    )  # fmt: skip


def _add_shape(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--feature", type=float, metavar="MM", help="smooth away what is smaller than this; volume kept")
    group.add_argument(
        "--smoothness", type=float, metavar="MM",
        help="steps of voxels are smoothed over this length, no voxel's label changes (default: one voxel)",
    )  # fmt: skip
    group.add_argument(
        "--one-component", action="store_true", default=None, help="keep only the largest piece of each label"
    )
    group.add_argument("--allow-overlap", action="store_true", default=None, help="surfaces of labels may cross")
    group.add_argument("--method", choices=("spline", "network"), help="how distances are represented")
