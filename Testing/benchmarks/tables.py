"""Results of a benchmark as JSON for machines and as a Markdown table for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def write_results(folder: Path, name: str, about: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """`folder`/`name`.json and `folder`/`name`.md; every row has the same keys."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"about": about, "rows": list(rows)}, indent=1), encoding="utf-8")
    facts = ", ".join(f"{key}: {_text(value)}" for key, value in about.items())
    (folder / f"{name}.md").write_text(f"# {name}\n\n{facts}\n\n{markdown_table(rows)}", encoding="utf-8")


def markdown_table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows under the keys of the first one; None is an empty cell."""
    if not rows:
        return "(no rows)\n"
    keys = list(rows[0])
    lines = [keys, ["---"] * len(keys), *([_text(row.get(key)) for key in keys] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
