"""Output files appear whole or not at all: written beside their place under a temporary name, then moved."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError


def check_writable(path: str | os.PathLike[str], force: bool = False) -> Path:
    """Whether `path` may be written, asked before long work starts; returns where the file will really be (links
    followed). Creates and removes an empty file in the folder, because access bits lie on network drives and Windows.

    Raises `OutputError` when the folder is missing or cannot be written to, when `path` is a folder, or when the file
    exists and `force` is not set.
    """
    target = Path(os.path.realpath(os.path.expanduser(path)))
    _refuse_existing(target, force)
    if not target.parent.is_dir():
        raise OutputError(f"'{path}': the folder '{target.parent}' does not exist; create it or choose another one.")
    probe = _temporary_beside(target)
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"'{path}': the folder '{target.parent}' cannot be written to ({_reason(error)}); choose another one."
        ) from error
    return target


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str], force: bool = False) -> Iterator[Path]:
    """Yields a path that does not exist yet, in the same folder and with the same extension as `path`; what the block
    writes there is moved to `path` when the block ends well and removed when it does not (Ctrl-C included).

    Raises `OutputError` as `check_writable` does, and when writing fails (disk full, permissions).
    """
    target = check_writable(path, force)
    temporary = _temporary_beside(target)
    try:
        yield temporary
        if not temporary.is_file():
            raise OutputError(f"'{path}' was not written; the format's writer left no file.")
        _refuse_existing(target, force)  # somebody may have put a file there during long work
        os.replace(temporary, target)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"'{path}' could not be written: {_reason(error)}; nothing was left behind.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_files(path: str | os.PathLike[str], force: bool = False) -> Iterator[Path]:
    """Like `atomic_path` for a format that writes a data file beside its header: yields a path with the right name in a
    temporary folder, whose files are all moved beside `path` when the block ends well, the header last.

    Raises `OutputError` as `atomic_path` does, also when one of the other files exists already.
    """
    target = check_writable(path, force)
    folder = target.with_name(f".inr-{uuid.uuid4().hex[:12]}")
    try:
        folder.mkdir()
        yield folder / target.name
        written = sorted(folder.iterdir(), key=lambda file: file.name == target.name)
        for file in written:
            _refuse_existing(target.parent / file.name, force)
        for file in written:
            os.replace(file, target.parent / file.name)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"'{path}' could not be written: {_reason(error)}; nothing was left behind.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_existing(target: Path, force: bool) -> None:
    if target.is_dir():
        raise OutputError(f"'{target}' is a folder; give the name of a file in it.")
    if target.exists() and not force:
        raise OutputError(
            f"'{target}' exists already; choose another name or allow overwriting (command line: --force)."
        )


def _temporary_beside(target: Path) -> Path:
    """A hidden name with the target's extension (writers choose the format by it, for instance .nii.gz, .seg.nrrd)."""
    extension = "".join(suffix for suffix in target.suffixes[-2:] if len(suffix) <= 8)
    return target.with_name(f".inr-{uuid.uuid4().hex[:12]}{extension}")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).splitlines()[0] if str(error) else type(error).__name__
