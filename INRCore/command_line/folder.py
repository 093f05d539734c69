"""The table that `compress-folder` prints."""

from __future__ import annotations

from typing import Any


def table_text(rows: list[dict[str, Any]]) -> str:
    """For people, with the sum in the last line."""
    lines = [f"{'file':<32} {'bytes':>12} {'ratio':>8} {'PSNR dB':>8} {'max error':>10} {'s':>7}"]
    for row in rows:
        if row["problem"]:
            lines.append(f"{row['input'][-32:]:<32} {row['problem']}")
            continue
        psnr = "exact" if row["psnr_db"] is None else f"{row['psnr_db']:.2f}"
        lines.append(
            f"{row['input'][-32:]:<32} {row['bytes']:>12,} {row['ratio']:>8.1f} {psnr:>8} "
            f"{row['max_abs_error']:>10.4g} {row['seconds']:>7.1f}"
        )
    done = [row for row in rows if not row["problem"]]
    lines.append(f"{len(done)} of {len(rows)} compressed, {sum(row['bytes'] for row in done):,} bytes")
    return "\n".join(lines)
