"""Numbers in as few bytes as they need, exactly: what scanners write are mostly short decimals."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_FLOAT64, _FLOAT32, _INT16, _INT32, _DECIMAL24, _DECIMAL32, _SAME, _NEGATED = 200, 201, 202, 203, 204, 205, 206, 222
_BACK = 16  # numbers that can be named again
_ZERO = 100  # tags below 200 are whole numbers, from -100
_MOST_DECIMALS = 12


def pack_whole(number: int) -> bytes:
    """A whole number from 0: seven bits a byte, lowest first, each but the last with its highest bit set."""
    content = bytearray()
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    return bytes([*content, number])


def pack_floats(numbers: Sequence[float]) -> bytes:
    """float64 numbers, each as the shortest of several forms that give exactly it."""
    content, before = b"", list[bytes]()
    for number in numbers:
        form = _form(float(number), before)
        before.append(struct.pack("<d", number))
        content += form
    return content


def _form(number: float, before: list[bytes]) -> bytes:
    exact = struct.pack("<d", number)
    if number.is_integer() and -_ZERO <= number < 200 - _ZERO and exact != struct.pack("<d", -0.0):
        return bytes([int(number) + _ZERO])
    recent = before[: -_BACK - 1 : -1]
    if exact in recent:
        return bytes([_SAME + recent.index(exact)])
    if struct.pack("<d", -number) in recent:
        return bytes([_NEGATED + recent.index(struct.pack("<d", -number))])
    forms = [bytes([_FLOAT64]) + exact]
    if struct.pack("<d", _float32(number)) == exact:
        forms.append(struct.pack("<Bf", _FLOAT32, number))
    if number.is_integer() and abs(number) < 1 << 31:
        forms.append(struct.pack("<Bi", _INT32, int(number)))
        forms += [struct.pack("<Bh", _INT16, int(number))] if abs(number) < 1 << 15 else []
    for places in range(1, _MOST_DECIMALS + 1):
        if abs(number) * 10**places >= 1 << 31:
            break
        digits = round(number * 10**places)
        if struct.pack("<d", digits / 10**places) == exact:
            wide = abs(digits) >= 1 << 23
            tag = _DECIMAL32 if wide else _DECIMAL24
            forms.append(bytes([tag, places]) + digits.to_bytes(4 if wide else 3, "little", signed=True))
            break
    return min(forms, key=len)


def _float32(number: float) -> float:
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return 0.0


class ShortReader:
    """Reads what the functions here pack. Raises `ValueError` where the bytes end too early or make no sense."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def finished(self) -> bool:
        """Whether all bytes were read."""
        return self._at == len(self._content)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        content = self._content[self._at : self._at + count]
        if len(content) != count:
            raise ValueError("it ends too early")
        self._at += count
        return content

    def whole(self) -> int:
        """Undoes `pack_whole`."""
        number = 0
        for place in range(0, 63, 7):
            byte = self.take(1)[0]
            number |= (byte & 127) << place
            if byte < 128:
                return number
        raise ValueError("a number is too long")

    def floats(self, count: int) -> list[float]:
        """Undoes `pack_floats`."""
        found: list[float] = []
        for _ in range(count):
            found.append(self._float(found))
        return found

    def _float(self, before: list[float]) -> float:
        tag = self.take(1)[0]
        if tag < 2 * _ZERO:
            return float(tag - _ZERO)
        if tag in (_DECIMAL24, _DECIMAL32):
            places, digits = self.take(1)[0], self.take(3 if tag == _DECIMAL24 else 4)
            if places > _MOST_DECIMALS:
                raise ValueError("a number has too many decimals")
            return int.from_bytes(digits, "little", signed=True) / 10**places
        if tag >= _SAME:
            back = (tag - _SAME) % _BACK + 1
            if tag >= _NEGATED + _BACK or back > len(before):
                raise ValueError("a number makes no sense")
            return -before[-back] if tag >= _NEGATED else before[-back]
        form = {_FLOAT64: "<d", _FLOAT32: "<f", _INT16: "<h", _INT32: "<i"}[tag]
        return float(struct.unpack(form, self.take(struct.calcsize(form)))[0])
