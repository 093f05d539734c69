"""The numbers of a report, as people read them."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

_LONG_SECONDS = 100


def metric_labels() -> dict[str, tuple[str, str, str]]:
    """Name in the report -> (label, format of the value, what it means), in the order of display."""
    return {
        "compression_ratio": (_("Compression ratio"), "{:.1f} : 1", _("Raw bytes divided by bytes of the file.")),
        "bits_per_voxel": (_("Bits per voxel"), "{:.3f}", _("Size of the file divided by the number of voxels.")),
        "gzip_ratio": (_("Ratio of gzip NRRD"), "{:.1f} : 1", _("The same for the ordinary compressed file.")),
        "ratio_against_gzip_nrrd": (_("Smaller than gzip NRRD"), "{:.2f} times", _("Size of that file by this one's.")),
        "raw_bytes": (_("Raw size"), "{:,.0f} bytes", _("Size of the voxels.")),
        "file_bytes": (_("File size"), "{:,.0f} bytes", _("Size of the compressed file.")),
        "psnr_db": (_("PSNR"), "{:.2f} dB", _("Peak signal-to-noise ratio against the input; higher is better.")),
        "baseline_psnr_db": (_("PSNR of cubic B-spline"), "{:.2f} dB", _("The same for ordinary interpolation.")),
        "ssim": (_("SSIM"), "{:.4f}", _("Structural similarity with the input; 1 is identical.")),
        "max_abs_error": (_("Largest error"), "{:.4g}", _("Largest difference of a voxel, in units of the volume.")),
        "region_psnr_db": (_("PSNR in the region"), "{:.2f} dB", _("The same for the region that is kept better.")),
        "region_max_abs_error": (
            _("Largest error in the region"),
            "{:.4g}",
            _("Largest difference of a voxel of that region, in units of the volume."),
        ),
        "region_share": (_("Share of the region"), "{:.2%}", _("Voxels of that region by all voxels.")),
        "consistency_rmse_relative": (
            _("Misfit of the slices"),
            "{:.3%}",
            _("How far slices taken from the result are from those measured."),
        ),
        "baseline_consistency_rmse_relative": (
            _("Misfit of cubic B-spline"),
            "{:.3%}",
            _("The same for ordinary interpolation."),
        ),
        "noise_relative": (_("Noise"), "{:.2%}", _("Standard deviation of the noise as a share of the input's.")),
        "noise_left": (
            _("Noise left"),
            "{:.0%}",
            _("Share of the noise that should be left, estimated."),
        ),
        "detail_gain_db": (
            _("Learned detail"),
            "{:.1f} dB nearer",
            _("How much nearer than cubic B-spline it came to slices that were held out."),
        ),
        "bias_range": (_("Bias field"), "{:.1%}", _("Largest difference in brightness that was taken away.")),
        "similarity_before": (
            _("Similarity before"),
            "{:.4f}",
            _("Correlation of the inputs; of contrasts, about a curve."),
        ),
        "similarity_after": (_("Similarity after"), "{:.4f}", _("The same after warping.")),
        "similarity_initial": (_("Similarity aligned"), "{:.4f}", _("The same after the initial alignment.")),
        "folding_fraction": (_("Folding voxels"), "{:.3%}", _("Share of voxels where the transform folds space.")),
        "displacement_mean_mm": (_("Mean displacement"), "{:.2f} mm", _("Mean length of the displacement.")),
        "displacement_max_mm": (_("Largest displacement"), "{:.2f} mm", _("Greatest length of the displacement.")),
        "jacobian_min": (
            _("Smallest Jacobian"),
            "{:.3f}",
            _("Strongest shrinking; at or below 0 the transform folds."),
        ),
        "jacobian_max": (_("Largest Jacobian"), "{:.3f}", _("Strongest stretching.")),
        "folding_fraction_sampled": (
            _("Folding of the saved grid"),
            "{:.3%}",
            _("Share of the nodes of the grid transform where it folds, its border included."),
        ),
        "grid_error_max_mm": (
            _("Error of the saved grid"),
            "{:.3f} mm",
            _("Greatest difference of the grid transform from the field."),
        ),
        "inverse_error_mean_mm": (
            _("Inverse error"),
            "{:.3f} mm",
            _(
                "Mean distance by which the way back misses its start when the inverse is a grid, as in files for "
                "other programs. In the scene it is the transform turned round, off by 0.01 mm."
            ),
        ),
        "inverse_error_p95_mm": (_("Inverse error, 95 %"), "{:.3f} mm", _("95 % of the voxels are off by less.")),
        "inverse_error_max_mm": (_("Largest inverse error"), "{:.3f} mm", _("The same where it is the largest.")),
        "uncertainty_mean_mm": (
            _("Uncertainty"),
            "{:.2f} mm",
            _("Mean distance between the two estimates of where a point goes."),
        ),
        "uncertainty_p95_mm": (_("Uncertainty, 95 %"), "{:.2f} mm", _("95 % of the voxels are surer than this.")),
        "tre_before_mm": (_("Landmark error before"), "{:.2f} mm", _("Mean distance of the landmark pairs.")),
        "tre_after_mm": (_("Landmark error after"), "{:.2f} mm", _("The same after the transform.")),
        "tre_after_max_mm": (_("Largest landmark error"), "{:.2f} mm", _("The largest of them after the transform.")),
        "tre_left_out_mm": (
            _("Landmark error, not fitted"),
            "{:.2f} mm",
            _("Mean distance after the transform of the pairs that the fit did not see."),
        ),
        "dice": (
            _("Dice with the input"),
            "{:.4f}",
            _("Overlap with the input where it is known: how closely it is followed, not how right it is in between."),
        ),
        "hd95_mm": (_("95 % distance from input"), "{:.2f} mm", _("95 % of the surfaces are closer than this.")),
        "assd_mm": (_("Mean distance from input"), "{:.2f} mm", _("Average symmetric distance of the surfaces.")),
        "surface_error_mm": (
            _("Misfit at the surface"),
            "{:.3f} mm",
            _("Mean distance that the fit gives at the input's surface."),
        ),
        "gradient_norm_deviation": (
            _("Deviation from a distance"),
            "{:.3f}",
            _("Mean difference of the slope from 1; 0 is an exact distance."),
        ),
    }


def metric_rows(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(label, value, explanation) of each metric in a report; metrics without a label of their own come last."""
    metrics, labels = report.get("metrics", {}), metric_labels()
    rows = [(label, form.format(metrics[name]), tip) for name, (label, form, tip) in labels.items() if name in metrics]
    return rows + [_plain_row(name, value) for name, value in metrics.items() if name not in labels]


def _plain_row(name: str, value: float) -> tuple[str, str, str]:
    """A row from the name in the report alone: 'displacement_max_mm' is 'Displacement max' in mm."""
    words = name.split("_")
    unit = {"mm": "mm", "db": "dB", "ms": "ms"}.get(words[-1], "")
    words = words[:-1] if unit else words
    return " ".join(words).capitalize(), f"{value:.4g} {unit}".strip(), name


def waiting_text(title: str) -> str:
    """While a job waits for the one called `title`, or with "" for its own process."""
    return _("Waiting for {title} ...").format(title=title) if title else _("Starting ...")


def progress_text(event: dict[str, Any]) -> str:
    """One line for the status: stage, iteration, quality, time left."""
    parts = [str(event.get("stage", "")).capitalize()]
    if event.get("iterations", 0) > 1:
        parts[0] += f" {event['iteration']} / {event['iterations']}"
    metrics, labels = event.get("metrics") or {}, metric_labels()
    known = {name: value for name, value in metrics.items() if name in labels and value is not None}
    parts += [f"{labels[name][0]} {labels[name][1].format(value)}" for name, value in known.items()]
    seconds = event.get("eta_seconds") or 0
    if seconds >= _LONG_SECONDS:
        parts.append(_("about {minutes:.0f} min left").format(minutes=seconds / 60))
    elif seconds:
        parts.append(_("about {seconds:.0f} s left").format(seconds=seconds))
    return ", ".join(part for part in parts if part)
