"""The four tasks in a batch, without a display.

Inside Slicer (the extension installed, or its module folders given with --additional-module-paths):

    Slicer --no-splash --no-main-window --python-script four_tasks.py VOLUME MOVING LABELS FOLDER [--preset fast]

VOLUME is compressed and super-resolved, MOVING is registered to it, LABELS (a label map) becomes smooth surfaces. All
results are put into the scene beside VOLUME, and the scene is saved as FOLDER/scene.mrb.
"""

import argparse
import sys
from pathlib import Path

import INRCore
from INRCore import scene as bridge
from INRCore.compression import CompressionSettings
from INRCore.reconstruction import SuperResolutionSettings
from INRCore.registration import RegistrationSettings
from INRCore.segmentation import SegmentationSettings
from INRCore.settings import load_preset


def run_four_tasks(scene, volume_path, moving_path, labels_path, folder, preset="fast"):
    """Runs the tasks on `scene` (slicer.mrmlScene inside Slicer) and returns the metrics of each."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    source = bridge.volume_to_node(scene, INRCore.read_volume(volume_path))
    volume = bridge.volume_from_node(source)

    compressed = INRCore.compress(volume, load_preset(CompressionSettings, "compression", preset))
    compressed.save(folder / "volume.inr", force=True)
    bridge.volume_to_node(scene, compressed.volume, name="Decompressed", reference=source)

    fine = INRCore.super_resolve(volume, load_preset(SuperResolutionSettings, "reconstruction", preset))
    bridge.volume_to_node(scene, fine.volume, name="Super-resolved", reference=source)

    registered = INRCore.register(
        volume, INRCore.read_volume(moving_path), load_preset(RegistrationSettings, "registration", preset)
    )
    bridge.volume_to_node(scene, registered.warped, name="Warped", reference=source)
    bridge.displacement_to_transform_node(
        scene,
        registered.displacement,
        registered.displacement_grid,
        name="Warp",
        affine=registered.affine,
        reference=source,
    )

    segmented = INRCore.segment(
        INRCore.read_volume(labels_path), load_preset(SegmentationSettings, "segmentation", preset)
    )
    surfaces = {value: segmented.surface(value) for value in segmented.label_values}
    names = {value: f"Label {value}" for value in segmented.label_values}
    bridge.segmentation_to_node(scene, segmented.labels, surfaces, names=names, reference=source)

    bridge.save_scene(scene, folder / "scene.mrb", force=True)
    results = {"compress": compressed, "super-resolve": fine, "register": registered, "segment": segmented}
    return {task: result.metrics for task, result in results.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("volume", "moving", "labels", "folder"):
        parser.add_argument(name)
    parser.add_argument("--preset", choices=("fast", "balanced", "best"), default="fast")
    arguments = parser.parse_args()

    import slicer

    try:
        metrics = run_four_tasks(
            slicer.mrmlScene, arguments.volume, arguments.moving, arguments.labels, arguments.folder, arguments.preset
        )
    except INRCore.INRError as error:
        print(f"error: {error}", file=sys.stderr)
        slicer.util.exit(error.exit_code)
    else:
        for task, values in metrics.items():
            print(task, {name: round(value, 4) for name, value in values.items()})
        slicer.util.exit(0)


if __name__ == "__main__":
    main()
