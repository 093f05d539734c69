"""The device line, and what a panel does without torch."""

import sys
import types

import pytest
from panel_tools import a_ball, a_volume, ready, run_to_end


@pytest.fixture
def probe(slicer_app):
    """What is known about devices, forgotten before and after."""
    from INRCore.panel.device_section import shared_probe

    shared_probe().forget()
    yield shared_probe()
    shared_probe().forget()


@pytest.fixture
def no_torch(probe, tmp_path, monkeypatch):
    """Workers that find a torch which cannot be imported; gives the function that repairs it."""
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda: monkeypatch.delenv("PYTHONPATH")


def test_the_device_line_says_what_will_be_used_and_why(open_panel, probe, slicer_app):
    panel = open_panel("INRCompression")
    panel.ui.codecComboBox.currentIndex = 1  # a network
    assert panel.ui.deviceLabel.text == "Looking for devices ..."
    slicer_app.wait_until(lambda: "as chosen" in panel.ui.deviceLabel.text)
    assert panel.ui.deviceLabel.text.startswith("Processor (CPU)")
    panel.ui.deviceComboBox.currentIndex = 2
    slicer_app.wait_until(lambda: "MPS" in panel.ui.deviceLabel.text)
    assert "cannot be used" in panel.ui.deviceLabel.text
    assert not panel.ui.torchFrame.isVisibleTo(panel.parent)


def test_the_device_line_sets_the_memory_needed_against_what_is_free(open_panel, scene, probe, slicer_app):
    panel = open_panel("INRCompression")
    a_volume(scene, "MR")
    slicer_app.wait_until(lambda: "GB free" in panel.ui.deviceLabel.text)
    assert "Needs about 0." in panel.ui.deviceLabel.text


def test_without_torch_the_panel_explains_itself_and_offers_to_install(open_panel, scene, no_torch, slicer_app):
    a_volume(scene, "MR")
    panel = open_panel("INRReconstruction")
    slicer_app.wait_until(lambda: panel.ui.torchFrame.isVisibleTo(panel.parent))
    assert "No module named 'torch'. Opening .inr files" in panel.ui.torchLabel.text
    assert panel.ui.applyButton.text == "Install PyTorch first"
    assert not panel.ui.applyButton.enabled
    panel.ui.installButton.click()  # the extension is not there either
    assert "Extensions Manager" in panel.ui.torchLabel.text


def test_without_torch_shapes_can_be_made_of_splines(open_panel, scene, no_torch, slicer_app):
    a_ball(scene, "Ball")
    panel = open_panel("INRSegmentation")
    slicer_app.wait_until(lambda: panel.deviceSection.lacksTorch)
    assert not panel.ui.torchFrame.isVisibleTo(panel.parent)
    assert panel.ui.deviceLabel.text == "Processor (CPU), which this method takes."
    assert panel.ui.applyButton.text == "Apply"
    panel.ui.methodComboBox.currentIndex = 1
    assert panel.ui.applyButton.text == "Install PyTorch first"
    assert panel.ui.torchFrame.isVisibleTo(panel.parent)
    assert "The method 'Splines' works without it." in panel.ui.torchLabel.text
    panel.ui.methodComboBox.currentIndex = 0
    assert not panel.ui.torchFrame.isVisibleTo(panel.parent)


def test_without_torch_volumes_are_compressed_by_wavelets(open_panel, scene, no_torch, slicer_app, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    slicer_app.wait_until(lambda: panel.deviceSection.lacksTorch)
    assert not panel.ui.torchFrame.isVisibleTo(panel.parent)
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == "" and panel.parameters.outputVolume is not None
    assert (tmp_path / "MR.inr").is_file()
    panel.ui.codecComboBox.currentIndex = 1
    assert panel.ui.applyButton.text == "Install PyTorch first"
    assert "'Wavelets with learned probabilities' works without it." in panel.ui.torchLabel.text


def test_the_pytorch_extension_installs_torch_and_the_panel_goes_on(
    open_panel, scene, no_torch, slicer_app, monkeypatch
):
    asked = []

    class PyTorchUtilsLogic:
        def installTorch(self, askConfirmation=False):  # noqa: N802, N803 - the extension's names
            asked.append(askConfirmation)
            if len(asked) == 1:
                return None  # the user has cancelled
            no_torch()
            return sys.modules[__name__]  # the real one gives the module torch

    monkeypatch.setitem(sys.modules, "PyTorchUtils", types.SimpleNamespace(PyTorchUtilsLogic=PyTorchUtilsLogic))
    a_volume(scene, "MR")
    panel = open_panel("INRReconstruction")
    slicer_app.wait_until(lambda: panel.ui.torchFrame.isVisibleTo(panel.parent))
    panel.ui.installButton.click()
    assert "No module named 'torch'" in panel.ui.torchLabel.text
    panel.ui.installButton.click()
    slicer_app.wait_until(lambda: panel.ui.applyButton.text == "Apply")
    assert asked == [True, True]
    assert not panel.ui.torchFrame.isVisibleTo(panel.parent)


def test_a_failed_installation_is_told_with_what_to_do(open_panel, no_torch, slicer_app, monkeypatch):
    class PyTorchUtilsLogic:
        def installTorch(self, askConfirmation=False):  # noqa: N802, N803 - the extension's names
            raise RuntimeError("pip: no network")

    monkeypatch.setitem(sys.modules, "PyTorchUtils", types.SimpleNamespace(PyTorchUtilsLogic=PyTorchUtilsLogic))
    panel = open_panel("INRReconstruction")
    slicer_app.wait_until(lambda: panel.ui.torchFrame.isVisibleTo(panel.parent))
    panel.ui.installButton.click()
    assert "pip: no network" in panel.ui.torchLabel.text
    assert "try again" in panel.ui.torchLabel.text


def test_torch_that_breaks_later_is_noticed_when_a_job_fails(open_panel, scene, slicer_app, tmp_path, request, probe):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    slicer_app.wait_until(lambda: "as chosen" in panel.ui.deviceLabel.text)
    request.getfixturevalue("no_torch")
    run_to_end(panel, slicer_app)
    slicer_app.wait_until(lambda: panel.ui.torchFrame.isVisibleTo(panel.parent))
    assert panel.ui.errorLabel.text
