"""File size against quality as a small picture."""

from __future__ import annotations

import itertools
import math
from typing import Any

import qt

WIDTH, HEIGHT = 420, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 12, 34
_CURVE, _POINT = (66, 133, 214), (219, 68, 55)


def rate_picture(
    points: list[tuple[float, float]], chosen: tuple[float, float], colors: tuple[Any, Any], text: str
) -> Any:
    """A QPixmap of PSNR (dB) over file size, on a logarithmic scale, with the chosen point marked and named.

    points, chosen: (bytes, dB), from small to large; colors: QColor of the background and of the text; text: the chosen
    point in words.
    """
    picture = qt.QPixmap(WIDTH, HEIGHT)
    background, ink = colors
    picture.fill(background)
    painter = qt.QPainter()
    painter.begin(picture)
    painter.setRenderHint(qt.QPainter.Antialiasing)
    axes = _Axes([*points, chosen])
    _draw_frame(painter, axes, ink)
    painter.setPen(_pen(_CURVE, 2))
    places = [axes.place(point) for point in points]
    for (x, y), (next_x, next_y) in itertools.pairwise(places):
        painter.drawLine(x, y, next_x, next_y)
    x, y = axes.place(chosen)
    painter.setPen(_pen(_POINT, 1))
    painter.drawLine(x, y, x, HEIGHT - _BOTTOM)
    painter.drawLine(_LEFT, y, x, y)
    painter.setBrush(qt.QBrush(qt.QColor(*_POINT)))
    painter.drawEllipse(x - 4, y - 4, 8, 8)
    painter.setPen(ink)
    # The curve rises to the right: the upper left corner is free.
    painter.drawText(_LEFT + 12, _TOP, WIDTH - _LEFT, 16, int(qt.Qt.AlignLeft), text)
    painter.end()
    return picture


class _Axes:
    """From (bytes, dB) to pixels, with some room around all points."""

    def __init__(self, points: list[tuple[float, float]]) -> None:
        sizes, qualities = ([point[axis] for point in points] for axis in (0, 1))
        self.low, self.high = math.log10(max(min(sizes), 1)) - 0.05, math.log10(max(max(sizes), 10)) + 0.05
        self.worst, self.best = min(qualities) - 2, max(qualities) + 2

    def place(self, point: tuple[float, float]) -> tuple[int, int]:
        across = (math.log10(max(point[0], 1)) - self.low) / (self.high - self.low)
        up = (point[1] - self.worst) / (self.best - self.worst)
        x = _LEFT + across * (WIDTH - _LEFT - _RIGHT)
        return round(x), round(HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM))

    def decades(self) -> list[float]:
        """Powers of ten, and three of each where there are few, in bytes."""
        whole = range(math.floor(self.low), math.ceil(self.high) + 1)
        steps = (1, 3) if self.high - self.low < 3 else (1,)
        marks = [factor * 10.0**power for power in whole for factor in steps]
        return [mark for mark in marks if self.low <= math.log10(mark) <= self.high]

    def decibels(self) -> list[int]:
        step = next(s for s in (2, 5, 10, 20, 50, 1000) if (self.best - self.worst) / s <= 5)
        return [n for n in range(0, int(self.best) + 1, step) if n >= self.worst]


def _draw_frame(painter: Any, axes: _Axes, ink: Any) -> None:
    from ..compression.rate_curve import readable_bytes

    painter.setPen(ink)
    painter.drawLine(_LEFT, _TOP, _LEFT, HEIGHT - _BOTTOM)
    painter.drawLine(_LEFT, HEIGHT - _BOTTOM, WIDTH - _RIGHT, HEIGHT - _BOTTOM)
    for size in axes.decades():
        x, _y = axes.place((size, axes.worst))
        painter.drawLine(x, HEIGHT - _BOTTOM, x, HEIGHT - _BOTTOM + 4)
        painter.drawText(x - 35, HEIGHT - _BOTTOM + 6, 70, 16, int(qt.Qt.AlignHCenter), readable_bytes(size))
    for quality in axes.decibels():
        _x, y = axes.place((1, quality))
        painter.drawLine(_LEFT - 4, y, _LEFT, y)
        painter.drawText(0, y - 8, _LEFT - 7, 16, int(qt.Qt.AlignRight), f"{quality} dB")


def _pen(color: tuple[int, int, int], width: int) -> Any:
    pen = qt.QPen(qt.QColor(*color))
    pen.setWidth(width)
    return pen
