"""What is wrong with a stream, without knowing which file it came from."""

from __future__ import annotations

from ...errors import InputError


class StreamError(InputError):
    """Coded bytes that no encoder has written; whoever knows the file's name says so."""
