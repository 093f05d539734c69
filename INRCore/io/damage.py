"""What libraries raise on damaged files, as one line for the user."""

from __future__ import annotations

import logging
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

# SimpleITK raises RuntimeError; the others come from pynrrd, pydicom and the standard library reading nonsense.
_STANDARD: tuple[type[Exception], ...] = (
    RuntimeError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, OSError, EOFError,
    StopIteration, zlib.error, struct.error,
)  # fmt: skip


@contextmanager
def damage_as_input_error(path: Path) -> Iterator[None]:
    """Turns what the libraries raise on damaged files into one line, and keeps their warnings off the terminal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"'{path}' does not fit into memory; crop or resample it first.") from error
    except PermissionError as error:
        raise InputError(f"'{path}' may not be read (permission denied); change its permissions.") from error
    except _STANDARD + _library_errors() as error:
        logging.getLogger(__name__).debug("reading %s", path, exc_info=True)
        raise InputError(f"'{path}' cannot be read ({_one_line(error)}); copy it again or convert it.") from error


def _library_errors() -> tuple[type[Exception], ...]:
    """Exceptions of libraries that do not derive from a standard one."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        from nrrd.errors import NRRDError
    except ImportError:
        return BytesLengthException, InvalidDicomError
    return BytesLengthException, InvalidDicomError, NRRDError


def _one_line(error: BaseException) -> str:
    """The last line that says something: ITK puts class, file and address in front of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if lines else type(error).__name__
    return re.sub(r"^(sitk::ERROR|ITK ERROR): (\w+\(0x[0-9a-f]+\): )?", "", text)[:160]
