"""What labels are called in lines for the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import InputError

_LABEL = re.compile(r"\b[Ll]abel (\d+)\b")


def with_names(text: str, names: Mapping[int, str]) -> str:
    """'label 3' as the name of that label in quotation marks; labels that have none keep their number."""
    return _LABEL.sub(lambda found: f"'{names[int(found[1])]}'" if int(found[1]) in names else found[0], text)


@contextmanager
def errors_with_names(names: Mapping[int, str]) -> Iterator[None]:
    """Messages of `InputError` raised inside speak of labels by their names."""
    try:
        yield
    except InputError as error:
        raise InputError(with_names(str(error), names)) from error
