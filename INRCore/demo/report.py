"""One self-contained HTML page: pictures, tables and loss curves of all tasks, nothing to load from elsewhere."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..io.atomic import atomic_path

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; color: #222; }
h1, h2 { font-weight: 600; } h2 { border-top: 1px solid #ccc; padding-top: 1em; margin-top: 2em; }
figure { display: inline-block; margin: 0 12px 12px 0; vertical-align: top; }
figure img { display: block; width: 360px; background: #000; } figure.curve img { background: #fff; }
figcaption { max-width: 360px; color: #555; font-size: 13px; }
table { border-collapse: collapse; margin: 0 0 1em; } td, th { padding: 2px 14px 2px 0; text-align: left; }
th { color: #555; font-weight: 500; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
p.note { color: #555; }
"""


@dataclass
class Section:
    """A task's part of the report: text, rows (name, value), pictures (PNG file, caption), loss (iteration, value)."""

    title: str
    text: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[tuple[Path, str]] = field(default_factory=list)
    loss: Sequence[tuple[int, float]] = ()
    loss_name: str = "loss"


def metric_rows(metrics: dict[str, float]) -> list[tuple[str, str]]:
    """Metrics by their report names as rows of a table."""
    return [(name, f"{value:.4g}") for name, value in metrics.items()]


def write_report(path: Path, title: str, text: str, sections: Sequence[Section]) -> None:
    """Writes the page, over an older one."""
    body = "".join(_section_html(section) for section in sections)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{body}"
        '<p class="note">Not for diagnosis.</p></body></html>\n'
    )
    with atomic_path(path, force=True) as temporary:
        Path(temporary).write_text(page, encoding="utf-8")


def _section_html(section: Section) -> str:
    rows = "".join(
        f'<tr><th>{html.escape(name)}</th><td class="number">{html.escape(value)}</td></tr>'
        for name, value in section.rows
    )
    figures = "".join(_figure(png.read_bytes(), caption) for png, caption in section.pictures)
    if section.loss:
        figures += _figure(_loss_curve(section.loss, section.loss_name), "Loss during the fit", "curve")
    return (
        f"<section><h2>{html.escape(section.title)}</h2><p>{html.escape(section.text)}</p>"
        f"<div>{figures}</div><table>{rows}</table></section>"
    )


def _figure(png: bytes, caption: str, kind: str = "picture") -> str:
    data = base64.b64encode(png).decode("ascii")
    text = html.escape(caption)
    image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    return f'<figure class="{kind}">{image}<figcaption>{text}</figcaption></figure>'


def _loss_curve(loss: Sequence[tuple[int, float]], name: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, 3.6), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(*zip(*loss, strict=True), color="#1f5f8b")
    if min(value for _, value in loss) > 0:
        axes.set_yscale("log")
    axes.set_xlabel("iteration")
    axes.set_ylabel(name)
    axes.grid(alpha=0.3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
