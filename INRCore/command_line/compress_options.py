"""Options of the commands `compress` and `estimate`."""

from __future__ import annotations

import argparse

_UNITS = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2**10, "mib": 2**20, "gib": 2**30, "b": 1, "": 1}


def add_rate_options(parser: argparse.ArgumentParser) -> None:
    """How large or how good, inside and outside a region of interest."""
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument("--ratio", type=float, metavar="R", help="bytes of the voxels divided by bytes of the file")
    rate.add_argument("--size", type=_bytes, metavar="S", help="largest file: 2MB, 500kB, or a number of bytes")
    rate.add_argument("--psnr", type=float, metavar="DB", help="the smallest file of this quality")
    rate.add_argument("--max-error", type=float, metavar="E", help="no voxel off by more than E (in the image's units)")
    parser.add_argument(
        "--region", metavar="LABELS.nrrd", help="label map; where it is not 0 the volume is kept better than elsewhere"
    )
    region = parser.add_mutually_exclusive_group()
    region.add_argument(
        "--region-max-error", type=float, metavar="E", help="no voxel of the region off by more than E; 0: exact"
    )
    region.add_argument("--region-psnr", type=float, metavar="DB", help="quality within the region")
    parser.add_argument(
        "--keep-tags",
        type=lambda text: text.split(","),
        metavar="TAG,...",
        help="DICOM entries to keep in the file by their keywords; none by default: they may tell who the patient is",
    )
    parser.add_argument(
        "--dicom", metavar="FILE", help="DICOM file or folder to keep entries of, where the input itself is none"
    )
    parser.add_argument(
        "--codec",
        choices=("pyramid", "network", "labels", "upsampled", "blocks"),
        help="how the volume is coded (default: pyramid); labels: a label map, exactly; upsampled: with --upsampler; "
        "blocks: small networks of boxes (SCI, TINC), for comparison: worse than the default at the same size",
    )
    parser.add_argument("--upsampler", metavar="M.safetensors", help="model made by the command train-upsampler")
    parser.add_argument(
        "--embed-upsampler",
        action="store_true",
        default=None,
        help="put the model into the file, which then opens anywhere; its bytes count",
    )


def _bytes(text: str) -> int:
    number = text.rstrip("abgikmABGIKM ")
    try:
        return int(float(number) * _UNITS[text[len(number) :].strip().lower()])
    except (ValueError, KeyError, OverflowError):
        raise argparse.ArgumentTypeError(f"'{text}' is no size; write for instance 2MB, 500kB or 123456") from None
