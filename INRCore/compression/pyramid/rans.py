"""Range asymmetric numeral systems in many interleaved lanes, each step vectorised in NumPy (Duda, 2013; interleaving:
Giesen, 2014).

All decisions are binary; a decision's probability is that of a 1, in 65536ths. Encoder and decoder share one call,
`code(probabilities, bits)`: the encoder takes the bits, the decoder gives them, so that one walk over the coefficients
serves both. A call's decisions go to the lanes in rows: decision n to lane n mod lanes.
"""

from __future__ import annotations

import numpy as np

from .damage import StreamError
from .loops import use_loops

SCALE = 1 << 16
_LOW = 1 << 16  # every state is in [2^16, 2^32) between decisions
EVEN = SCALE // 2
_BYTES_PER_LANE = 384  # a lane costs about four bytes
MAX_LANES = 1 << 12


def lanes_for(bits: float) -> int:
    """Number of lanes for a stream of about so many bits: more are faster, each costs a few bytes."""
    return int(min(max(bits / 8 / _BYTES_PER_LANE, 1), MAX_LANES))


class Encoder:
    """Collects decisions; `to_bytes` codes them, last first."""

    def __init__(self) -> None:
        self._calls: list[tuple[np.ndarray, np.ndarray]] = []
        self.cost_bits = 0.0

    def code(self, probabilities: np.ndarray, bits: np.ndarray | None = None) -> np.ndarray:
        """(N) probabilities, uint32 in 1 .. 65535, and (N) booleans: remembers them and gives the booleans back."""
        assert bits is not None
        ones = probabilities.astype(np.uint32)
        frequencies = np.where(bits, ones, SCALE - ones).astype(np.uint32)
        self.cost_bits += 16.0 * len(bits) - float(np.log2(frequencies).sum())
        self._calls.append((frequencies, np.where(bits, 0, ones).astype(np.uint32)))
        return bits

    def to_bytes(self, lanes: int | None = None) -> bytes:
        """uint16 number of lanes, their final states (uint32), then words (uint16), all little-endian."""
        lanes = lanes or lanes_for(self.cost_bits)
        states, words = self._compiled(lanes) if use_loops() else self._coded(lanes)
        stream = np.concatenate(words[::-1]) if words else np.empty(0, "<u2")
        return np.uint16(lanes).astype("<u2").tobytes() + states.astype("<u4").tobytes() + stream.tobytes()

    def _compiled(self, lanes: int) -> tuple[np.ndarray, list[np.ndarray]]:
        from ...compiled.entropy import encode

        states, words = np.full(lanes, _LOW, np.uint32), []
        for frequencies, starts in reversed(self._calls):
            room = np.empty(len(starts), np.uint16)
            count = encode(frequencies, starts, states, room)
            words.append(room[len(room) - count :].astype("<u2"))
        return states, words

    def _coded(self, lanes: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """Final states, and the words, the last ones first."""
        states, words = np.full(lanes, _LOW, np.uint64), []
        for frequencies, starts in reversed(self._calls):
            frequencies, starts = frequencies.astype(np.uint64), starts.astype(np.uint64)
            for row in range((len(starts) - 1) // lanes * lanes, -1, -lanes):
                f, s = frequencies[row : row + lanes], starts[row : row + lanes]
                x = states[: len(f)]
                full = x >= f << np.uint64(16)
                if full.any():
                    words.append((x[full] & np.uint64(0xFFFF)).astype("<u2"))
                    x[full] >>= np.uint64(16)
                quotient = x // f
                x[:] = (quotient << np.uint64(16)) + (x - quotient * f) + s
        return states, words


class Decoder:
    """Gives back, call by call, the decisions of an `Encoder` to whoever asks with the same probabilities."""

    def __init__(self, data: bytes | memoryview) -> None:
        """Raises `StreamError` when the bytes hold no stream."""
        lanes = int.from_bytes(data[:2], "little")
        if not 1 <= lanes <= MAX_LANES or len(data) < 2 + 4 * lanes or len(data) % 2:
            raise StreamError("a coded stream has an impossible length")
        self._states = np.frombuffer(data, "<u4", lanes, 2).astype(np.uint32)
        self._words = np.frombuffer(data, "<u2", offset=2 + 4 * lanes).astype(np.uint32)
        self._next = 0
        if (self._states < _LOW).any():
            raise StreamError("a coded stream starts with an impossible state")

    def code(self, probabilities: np.ndarray, bits: np.ndarray | None = None) -> np.ndarray:
        """(N) probabilities to (N) booleans. Raises `StreamError` when the stream ends too early."""
        ones = probabilities.astype(np.uint32)
        if use_loops():
            return self._compiled(ones)
        decided, lanes = np.empty(len(ones), bool), len(self._states)
        for row in range(0, len(ones), lanes):
            p = ones[row : row + lanes]
            x = self._states[: len(p)]
            slot = x & np.uint32(0xFFFF)
            bit = slot < p
            decided[row : row + lanes] = bit
            x >>= np.uint32(16)
            x *= np.where(bit, p, np.uint32(SCALE) - p)
            x += np.where(bit, slot, slot - p)
            few = np.flatnonzero(x < _LOW)
            if few.size:
                stop = self._next + few.size
                if stop > self._words.size:
                    raise StreamError("a coded stream ends too early")
                x[few] = (x[few] << np.uint32(16)) | self._words[self._next : stop]
                self._next = stop
        return decided

    def _compiled(self, ones: np.ndarray) -> np.ndarray:
        from ...compiled.entropy import decode

        decided = np.empty(len(ones), bool)
        self._go_on(decode(ones, self._states, self._words, self._next, decided))
        return decided

    def magnitudes(
        self, logits: np.ndarray, second: np.ndarray | None, probabilities: np.ndarray, most: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """(N) magnitudes up to `most`, decided by compiled loops as `code_magnitudes` does, and the indices of those
        that reached it. Raises `StreamError` when the stream ends too early."""
        from ...compiled.entropy import decode_magnitudes

        numbers, going = np.empty(len(logits), np.int32), np.empty(len(logits), np.int64)
        held = np.empty(0, bool) if second is None else second
        place, left = decode_magnitudes(
            logits, held, probabilities, most, self._states, self._words, self._next, numbers, going
        )
        self._go_on(place)
        return numbers, going[:left]

    def _go_on(self, place: int) -> None:
        if place < 0:
            raise StreamError("a coded stream ends too early")
        self._next = place

    def finish(self) -> None:
        """Raises `StreamError` unless every word was used and every lane is back where its encoder began."""
        if self._next != self._words.size or (self._states != _LOW).any():
            raise StreamError("a coded stream does not end where it should")
