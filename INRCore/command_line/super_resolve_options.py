"""The words of the command `super-resolve`."""

from __future__ import annotations

import argparse

from ..jobs.job import MOST_STACKS


def add_super_resolve_options(parser: argparse.ArgumentParser) -> None:
    """Everything but the stacks and what all commands share."""
    parser.add_argument("--output", required=True, metavar="OUT.nrrd")
    results = parser.add_argument_group("further results")
    for name, example, text in (
        ("baseline", "B.nrrd", "the cubic B-spline result, for comparison"),
        ("difference", "D.nrrd", "the result minus the cubic B-spline one"),
        ("uncertainty", "U.nrrd", "half the width of each voxel's 90 %% interval"),
        ("slices", "S.csv", "table of all slices: misfit, rejected or not, pose"),
    ):
        results.add_argument(f"--output-{name}", metavar=example, help=text)
    for number in range(1, MOST_STACKS + 1):
        for role, text in (
            ("aligned", "stack 1 (2 to 6) where it was found to lie"),
            ("bias", "factor on the brightness of stack 1 (2 to 6) that was taken away (--bias)"),
        ):
            shown = text if number == 1 else argparse.SUPPRESS
            results.add_argument(f"--output-{role}-{number}", metavar=f"{role[0].upper()}.nrrd", help=shown)
    parser.add_argument(
        "--method", choices=("lattice", "network", "denoise"),
        help="'denoise': take the noise out of one volume, on its own grid (default: lattice)",
    )  # fmt: skip
    parser.add_argument(
        "--bias", choices=("none", "stacks", "n4"),
        help="correct the stacks' brightness: where they differ smoothly, or also of each alone (default: none)",
    )  # fmt: skip
    slices = parser.add_argument_group("slices")
    slices.add_argument("--spacing", type=float, metavar="MM", help="isotropic voxel size (default: the finest input)")
    slices.add_argument("--thickness", type=float, metavar="MM", help="of a slice (default: the distance of slices)")
    slices.add_argument("--profile", choices=("boxcar", "gaussian"), help="sensitivity through a slice")
    slices.add_argument(
        "--motion", choices=("none", "stacks", "slices"),
        help="look for motion between the stacks, or also between their slices (default: none)",
    )  # fmt: skip
    slices.add_argument(
        "--masks", nargs="+", metavar="M", help="where slices count: one mask for all stacks, or one for each"
    )
    slices.add_argument("--guide", metavar="G", help="a finer volume of another contrast, aligned, to take edges from")
