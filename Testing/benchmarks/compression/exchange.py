"""What the benchmark and a codec's process tell each other. Needs only numpy, because the peers run in an environment
of their own."""

from __future__ import annotations

import subprocess

MISSING_STATUS = 3


class MissingError(Exception):
    """The codec cannot run here; the message says what is missing."""


def program(command: list[str], standard_input: bytes = b"") -> bytes:
    """What a program prints. Raises `MissingError` when it is not installed, `RuntimeError` when it fails."""
    try:
        done = subprocess.run(command, input=standard_input, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise MissingError(f"not run: the program '{command[0]}' is not installed (see the README)") from error
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout).decode(errors='replace')[-300:]}")
    return done.stdout
