"""The words of the command line."""

from __future__ import annotations

import argparse

from .. import __version__
from ..devices import DEVICE_NAMES
from ..settings import PRESET_NAMES
from .compress_options import add_rate_options
from .register_options import add_register_options
from .segment_options import add_segment_options
from .super_resolve_options import add_super_resolve_options

EXIT_CODES = """exit codes:
  0    done
  1    unexpected failure (please report it)
  2    the command line is wrong
  3    the input cannot be used (the message says why and what to do)
  4    the output cannot be written, or is there already and --force was not given
  5    the device is missing, does not work or has too little memory
  130  interrupted (Ctrl-C); no half-written file is left
"""
INPUT_HELP = "any volume: .nrrd .nhdr .nii .nii.gz .mha .mhd, or a folder (or one file) of a DICOM series"


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=32, width=100)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; `namespace.command` is the task."""
    parser = argparse.ArgumentParser(
        prog="python -m INRCore",
        description="Implicit neural representations of medical volumes: compress, super-resolve, register, segment.\n"
        "Not for diagnosis. `COMMAND --help` explains a command with examples.",
        epilog=EXIT_CODES,
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action="version", version=f"INRCore {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (
        _compress, _compress_folder, _estimate, _train_upsampler, _decompress, _super_resolve, _register, _map_points,
        _segment, _info, _device, _demo, _job,
    ):  # fmt: skip
        add(commands)
    return parser


def _command(commands: argparse._SubParsersAction, name: str, text: str, example: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text[0].lower() + text[1:].split(". ")[0].rstrip("."),
        description=text,
        epilog=f"example:\n  python -m INRCore {example}\n\n{EXIT_CODES}",
        formatter_class=_formatter,
    )


def _add_common(parser: argparse.ArgumentParser, fits: bool = True) -> None:
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--device", choices=DEVICE_NAMES, default="auto", help="where to compute (default: the best found)"
    )
    group.add_argument("--max-memory", type=float, metavar="GB", help="limit of the working memory, GB")
    group.add_argument("--report", metavar="FILE.json", help="write what was done, how and how well as JSON")
    group.add_argument("--progress", choices=("bar", "json", "none"), default="bar", help="how progress is shown")
    group.add_argument("--force", action="store_true", help="overwrite files that are there already")
    if fits:
        group.add_argument("--preset", choices=PRESET_NAMES, default="balanced", help="time against quality")
        group.add_argument(
            "--seed", type=int, default=0, metavar="N", help="same seed, device and versions: same result"
        )
        group.add_argument("--frame", type=int, metavar="N", help="which frame of a 4-D input (0-based)")
        group.add_argument(
            "--component", type=int, metavar="N", help="which component of an RGB or vector input (0-based)"
        )
        group.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", dest="changes",
            help="change any setting, for instance fit.iterations=500 or field.network=finer; may be repeated",
        )  # fmt: skip


def _compress(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "compress", "Store a volume (or a 4-D or colour one) as a small .inr file.",
        "compress head.nrrd head.inr --ratio 20 --report head.json",
    )  # fmt: skip
    p.add_argument("input", metavar="IN", help=INPUT_HELP)
    p.add_argument("output", metavar="OUT.inr")
    add_rate_options(p)
    p.add_argument("--output-volume", metavar="V.nrrd", help="also write the volume as the file gives it back")
    p.add_argument("--output-difference", metavar="D.nrrd", help="also write that volume minus the input")
    _add_common(p)


def _compress_folder(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "compress-folder",
        "Compress every volume of a folder. Failures are told in the table at the end and keep no other volume "
        "from being compressed.",
        "compress-folder scans packed --max-error 10 --table packed.csv",
    )  # fmt: skip
    p.add_argument("input", metavar="FOLDER", help="volumes, and folders with one DICOM series each")
    p.add_argument("output", metavar="OUT", help="folder for the .inr files")
    p.add_argument("--table", metavar="T.csv", help="also write the table as CSV, after each volume")
    add_rate_options(p)
    _add_common(p)


def _estimate(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "estimate", "Say within seconds how large a file `compress` would write, and how good it would be.",
        "estimate head.nrrd --max-error 10",
    )  # fmt: skip
    p.add_argument("input", metavar="IN", help=INPUT_HELP)
    add_rate_options(p)
    p.add_argument("--output-curve", metavar="C.csv", help="also write other sizes and their quality: bytes,ratio,psnr")
    _add_common(p)


def _train_upsampler(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "train-upsampler",
        "Train the network that makes slices four times as large, on your own volumes (`compress --codec upsampled`).",
        "train-upsampler heads/*.nii.gz --output head.safetensors --steps 20000",
    )  # fmt: skip
    p.add_argument("inputs", nargs="+", metavar="IN", help=INPUT_HELP)
    p.add_argument("--output", required=True, metavar="M.safetensors")
    p.add_argument("--steps", type=int, metavar="N", help="steps of the training (default: 1200)")
    _add_common(p)


def _decompress(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "decompress", "Open an .inr file as a volume, at its own or any other resolution.",
        "decompress head.inr head_fine.nrrd --spacing 0.5",
    )  # fmt: skip
    p.add_argument("input", metavar="IN.inr")
    p.add_argument("output", metavar="OUT.nrrd")
    p.add_argument("--frame", type=int, metavar="N", help="which volume of a time series (0-based)")
    p.add_argument("--component", type=int, metavar="N", help="which component of a colour or vector volume (0-based)")
    where = p.add_mutually_exclusive_group()
    where.add_argument("--spacing", type=float, metavar="MM", help="isotropic voxel size of the result")
    where.add_argument("--like", metavar="GRID.nrrd", help="sample on the voxels of this volume")
    _add_common(p, fits=False)


def _super_resolve(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "super-resolve",
        "Make an isotropic volume out of one stack of thick slices or several stacks of one object and contrast.",
        "super-resolve axial.nii.gz coronal.nii.gz sagittal.nii.gz --output fine.nrrd --motion slices",
    )  # fmt: skip
    p.add_argument("inputs", nargs="+", metavar="IN", help=INPUT_HELP)
    add_super_resolve_options(p)
    _add_common(p)


def _register(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "register",
        "Find the deformation that brings a moving volume onto a fixed one. Needs at least one --output-...",
        "register before.nrrd after.nrrd --output-volume warped.nrrd --output-transform warp.h5 --initial rigid",
    )  # fmt: skip
    p.add_argument("fixed", metavar="FIXED", help=INPUT_HELP)
    p.add_argument("moving", metavar="MOVING", help=INPUT_HELP)
    add_register_options(p)
    _add_common(p)


def _map_points(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "map-points", "Carry points over by the field that `register --output-field` wrote.",
        "map-points map.safetensors points_in_fixed.csv points_in_moving.csv",
    )  # fmt: skip
    p.add_argument("field", metavar="F.safetensors")
    p.add_argument("points", metavar="IN.csv", help="points with the header x,y,z in RAS mm, in the fixed volume")
    p.add_argument("output", metavar="OUT.csv", help="where they are in the moving volume")
    p.add_argument("--back", action="store_true", default=None, help="from the moving to the fixed volume instead")
    _add_common(p, fits=False)


def _segment(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "segment",
        "Turn a label map, a few labelled slices of any orientation, probabilities, closed curves or points into "
        "smooth signed distance fields. Needs at least one --output-...",
        "segment organs.nii.gz --output-labels smooth.nrrd --output-model organs.vtp --spacing 1",
    )  # fmt: skip
    add_segment_options(p)
    _add_common(p)


def _info(commands: argparse._SubParsersAction) -> None:
    p = _command(commands, "info", "Say what a volume or .inr file holds and where it lies.", "info head.nrrd")
    p.add_argument("input", metavar="FILE")
    p.add_argument("--json", action="store_true", help="as one JSON object")
    p.add_argument("--frame", type=int, metavar="N", help="which frame of a 4-D input")
    p.add_argument("--component", type=int, metavar="N", help="which component of an RGB or vector input")


def _device(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "device", "Say which device would compute, why, and how much of its memory is free.", "device",
    )  # fmt: skip
    p.add_argument("--device", choices=DEVICE_NAMES, default="auto", help="ask for this one")
    p.add_argument("--progress", choices=("json", "none"), default="none", help="json: as the panels read it")


def _demo(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "demo", "Run the four tasks on one MR volume in a real MRML scene and write a report with pictures.",
        "demo --input my_mr.nrrd",
    )  # fmt: skip
    p.add_argument("--input", metavar="FILE", help="your own volume (default: a small MR that comes with nibabel)")
    p.add_argument("--frame", type=int, metavar="N", help="which frame of a 4-D input")
    p.add_argument("--progress", choices=("bar", "json", "none"), default="bar", help="how progress is shown")
    p.add_argument("--output", default="demo_output", metavar="FOLDER", help="where to write (default: demo_output)")
    p.add_argument("--device", choices=DEVICE_NAMES, default="auto")
    p.add_argument("--seed", type=int, default=0, metavar="N")


def _job(commands: argparse._SubParsersAction) -> None:
    p = _command(
        commands, "job",
        "Run a job file, as the panels do. Progress goes to standard output as one JSON object a line; the line `stop` "
        "on standard input ends the fit early and keeps the best so far.",
        "job job.json",
    )  # fmt: skip
    p.add_argument("file", metavar="JOB.json")
