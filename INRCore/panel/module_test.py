"""Base of the modules' own tests, which run inside Slicer (and in the double): a tiny job through the real worker.

Modules import this module, not the class: a test class in a module's namespace would be collected as a test of its own.
"""

from __future__ import annotations

import importlib.util
import time
from typing import Any

import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleTest

from .logic import RunOptions
from .parameters import Device, Preset

FEW_ITERATIONS = RunOptions(preset="fast", device="cpu", iterations=20)
_LONGEST_SECONDS = 300


class PanelTest(ScriptedLoadableModuleTest):
    def setUp(self) -> None:
        slicer.mrmlScene.Clear()
        if importlib.util.find_spec("torch") is None:
            self.skipTest("torch is not installed; install it with the PyTorch extension")

    def tearDown(self) -> None:
        slicer.mrmlScene.Clear()

    def chooseInputs(self, parameters: Any) -> None:
        """Adds what the module needs to the scene and chooses it."""
        raise NotImplementedError

    def test_the_panel_runs_and_takes_its_results_back(self) -> None:
        panel = slicer.util.getModuleWidget(type(self).__name__.removesuffix("Test"))
        panel.enter()
        self.chooseInputs(panel.parameters)
        panel.parameters.preset, panel.parameters.device = Preset.FAST, Device.CPU
        panel.parameters.iterations = FEW_ITERATIONS.iterations
        panel.ui.applyButton.click()
        assert panel.ui.applyButton.text == _("Cancel"), panel.ui.applyButton.text
        deadline = time.monotonic() + _LONGEST_SECONDS
        while panel.isBusy() and time.monotonic() < deadline:
            slicer.app.processEvents()
            time.sleep(0.01)
        assert not panel.ui.errorLabel.text, panel.ui.errorLabel.text
        results = [getattr(panel.parameters, panel.outputs[role]) for role in panel.alwaysMade]
        assert all(results), results
        panel.ui.undoButton.click()
        assert not any(getattr(panel.parameters, name) for name in panel.outputs.values())
        panel.exit()

    def addBlob(
        self, name: str = "Phantom", shift: float = 0.0, spacing: tuple[float, float, float] = (2, 2, 2)
    ) -> Any:
        """Volume node with a smooth blob of 12 mm radius, `shift` mm to the right, on an oblique 16^3 grid."""
        from ..scene import volume_to_node

        return volume_to_node(slicer.mrmlScene, _blob(name, shift, spacing), name=name)

    def addBall(self, name: str = "Ball") -> Any:
        """Label map node with one ball of 8 mm radius, off the centre."""
        from ..scene import volume_to_node

        blob = _blob(name, 0.0, (2, 2, 2))
        labels = blob.with_array((blob.array > 640).astype("uint8"))
        return volume_to_node(slicer.mrmlScene, labels, name=name, label=True)

    def assertAlike(self, first: Any, second: Any, least_correlation: float) -> None:
        """Two volumes of one shape lie on the same voxels in the world and show the same."""
        import numpy as np

        from ..scene import volume_from_node

        volume, other = volume_from_node(first), volume_from_node(second)
        message = (
            f"{volume.grid.describe()} at {volume.grid.origin} is not {other.grid.describe()} at {other.grid.origin}"
        )
        assert volume.grid.same_as(other.grid), message
        correlation = np.corrcoef(volume.array.ravel(), other.array.ravel())[0, 1]
        assert correlation > least_correlation, f"correlation {correlation:.3f}"


def _blob(name: str, shift: float, spacing: tuple[float, float, float]) -> Any:
    import numpy as np

    from ..geometry import Grid
    from ..volume import Volume

    cosine, sine = np.cos(0.3), np.sin(0.3)
    turned = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    grid = Grid.from_parts((16, 16, 16), spacing, (10, -20, 30), turned)
    middle = grid.center + np.array([shift + 4, -5, 3])  # off the centre, so that a mirrored result is noticed
    distance = np.linalg.norm(grid.points() - middle, axis=1)
    values = 1000 * np.exp(-((distance / 12) ** 2))
    return Volume(values.reshape(grid.shape).astype(np.int16), grid, name=name)
