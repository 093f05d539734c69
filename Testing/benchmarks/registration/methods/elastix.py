"""elastix B-spline registration (Klein et al., IEEE TMI 29(1), 2010) through `itk-elastix`. Options: metric
('AdvancedNormalizedCorrelation', 'AdvancedMattesMutualInformation'), grid_mm, iterations, samples, resolutions,
bending (weight)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..exchange import LPS_FROM_RAS, Job, MissingError, lps_geometry


def prepare(job: Job) -> Callable[[], tuple[np.ndarray, str]]:
    """elastix's default B-spline parameters but for the options; samples come from the fixed body."""
    try:
        import itk
    except ImportError as error:
        raise MissingError("not run: pip install itk-elastix (requirements.txt of this folder)") from error
    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(job.threads)
    fixed, moving = (
        _image(itk, values, affine)
        for values, affine in ((job.fixed, job.fixed_affine), (job.moving, job.moving_affine))
    )
    mask = _image(itk, job.mask.astype(np.uint8), job.fixed_affine)
    parameters = _parameters(itk, job)

    def registration() -> tuple[np.ndarray, str]:
        with tempfile.TemporaryDirectory() as folder:
            start = _start_file(Path(folder), job.start)
            os.chdir(folder)  # where transformix leaves a file that nobody asked for; this process does nothing else
            method = itk.ElastixRegistrationMethod.New(fixed, moving)
            method.SetFixedMask(mask)
            method.SetParameterObject(parameters)
            method.SetInitialTransformParameterFileName(str(start))
            method.SetLogToConsole(False)
            method.UpdateLargestPossibleRegion()
            field = itk.transformix_deformation_field(moving, method.GetTransformParameterObject())
            shift = np.asarray(itk.array_from_image(field))
        return job.fixed_points() + shift @ LPS_FROM_RAS[:3, :3], ""

    return registration


def _parameters(itk: Any, job: Job) -> Any:
    options = job.options
    metric = "AdvancedMattesMutualInformation" if job.multimodal else "AdvancedNormalizedCorrelation"
    found = itk.ParameterObject.New()
    values = found.GetDefaultParameterMap(
        "bspline", int(options.get("resolutions", 4)), float(options.get("grid_mm", 10.0))
    )
    values["Metric"] = [options.get("metric", metric), "TransformBendingEnergyPenalty"]
    values["Metric1Weight"] = [str(options.get("bending", 1.0))]
    values["MaximumNumberOfIterations"] = [str(options.get("iterations", 250))]
    values["NumberOfSpatialSamples"] = [str(options.get("samples", 3000))]
    values["ASGDParameterEstimationMethod"] = ["DisplacementDistribution"]  # Qiao et al., IEEE TMI 35(2), 2016
    values["ErodeMask"] = ["false"]  # eroded for a pyramid, the mask of a small image with holes is empty
    values["WriteResultImage"] = ["false"]
    values["AutomaticTransformInitialization"] = ["false"]
    found.AddParameterMap(values)
    return found


def _image(itk: Any, values: np.ndarray, affine: np.ndarray) -> Any:
    image = itk.image_from_array(np.ascontiguousarray(values))
    origin, spacing, directions = lps_geometry(affine)
    image.SetOrigin(origin.tolist())
    image.SetSpacing(spacing.tolist())
    image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(directions)))
    return image


def _start_file(folder: Path, start: np.ndarray) -> Path:
    """The start as a transform parameter file, which elastix composes with the B-spline."""
    matrix = LPS_FROM_RAS @ start @ LPS_FROM_RAS
    numbers = " ".join(f"{value:.17g}" for value in [*matrix[:3, :3].ravel(), *matrix[:3, 3]])
    path = folder / "start.txt"
    path.write_text(
        '(Transform "AffineTransform")\n(NumberOfParameters 12)\n'
        f"(TransformParameters {numbers})\n(CenterOfRotationPoint 0 0 0)\n"
        '(InitialTransformParameterFileName "NoInitialTransform")\n(HowToCombineTransforms "Compose")\n'
        "(FixedImageDimension 3)\n(MovingImageDimension 3)\n"
        '(FixedInternalImagePixelType "float")\n(MovingInternalImagePixelType "float")\n',
        encoding="utf-8",
    )
    return path
