"""The panels as they open: light, explained, and saying what they miss."""

import subprocess
import sys

import pytest
from panel_tools import MODULES, ROOT, a_ball, a_volume, points, ready


def test_building_all_panels_imports_neither_torch_nor_the_libraries_that_slicer_lacks():
    code = f"""
import sys
sys.path[:0] = [{str(ROOT / "Testing")!r}, {str(ROOT)!r}]
import slicer_double
from pathlib import Path
with slicer_double.installed() as app:
    for name in {MODULES!r}:
        app.open_panel(app.load_module(Path({str(ROOT)!r}) / name / (name + ".py")))
    assert not app.slot_errors
print([name for name in ("torch", "nrrd", "nibabel", "rich", "SimpleITK") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip().splitlines()[-1:] == ["[]"], run.stderr


@pytest.mark.parametrize("name", MODULES)
def test_a_panel_opens_with_the_defaults_that_most_people_need(name, open_panel):
    panel = open_panel(name)
    assert panel.ui.advancedCollapsibleButton.collapsed
    assert [panel.ui.presetComboBox.itemText(i) for i in range(3)] == ["Fast preview", "Balanced", "Best quality"]
    assert not panel.ui.applyButton.enabled
    assert not panel.ui.progressBar.isVisibleTo(panel.parent)
    assert not panel.ui.stopButton.isVisibleTo(panel.parent)
    assert not panel.ui.resultsCollapsibleButton.isVisibleTo(panel.parent)


@pytest.mark.parametrize("name", MODULES)
def test_every_control_explains_itself(name, open_panel):
    ui = open_panel(name).ui
    kinds = ("qMRMLNodeComboBox", "QComboBox", "QSpinBox", "QDoubleSpinBox", "QPushButton", "ctkPathLineEdit")
    controls = [widget for widget in vars(ui).values() if widget.className() in kinds]
    assert len(controls) > 6
    assert not [widget.name for widget in controls if not widget.toolTip]


# -- what is missing -------------------------------------------------------------------------------------------------
def test_compression_says_what_is_missing(open_panel, scene, tmp_path):
    panel = open_panel("INRCompression")
    assert panel.ui.applyButton.text == "Choose a volume to compress"
    a_volume(scene, "MR")
    assert panel.ui.filePathLineEdit.currentPath.endswith("MR.inr")
    assert panel.ui.applyButton.text == "Apply"
    panel.ui.filePathLineEdit.currentPath = ""
    assert panel.ui.applyButton.text == "Choose where to write the .inr file"
    assert not panel.ui.applyButton.enabled


def test_a_suggested_file_never_exists_already_and_never_replaces_the_users_choice(open_panel, scene, tmp_path):
    panel = open_panel("INRCompression")
    scene.SetRootDirectory(str(tmp_path))
    (tmp_path / "A_B.inr").touch()
    a_volume(scene, "A/B")
    assert panel.ui.filePathLineEdit.currentPath == str(tmp_path / "A_B_2.inr")
    panel.ui.filePathLineEdit.currentPath = str(tmp_path / "mine.inr")
    panel.ui.inputSelector.setCurrentNode(a_volume(scene, "Other"))
    assert panel.ui.filePathLineEdit.currentPath == str(tmp_path / "mine.inr")


def test_the_file_of_another_volume_is_not_the_next_ones(open_panel, scene, tmp_path):
    panel = open_panel("INRCompression")
    scene.SetRootDirectory(str(tmp_path))
    a_volume(scene, "A")
    (tmp_path / "mine.inr").write_bytes(b"a result of A")
    panel.ui.filePathLineEdit.currentPath = str(tmp_path / "mine.inr")
    panel.exit()
    panel.enter()
    assert panel.ui.filePathLineEdit.currentPath == str(tmp_path / "mine.inr")  # A itself may be done again
    panel.ui.inputSelector.setCurrentNode(a_volume(scene, "B"))
    assert panel.ui.filePathLineEdit.currentPath == str(tmp_path / "B.inr")


def test_no_file_is_suggested_where_nothing_can_be_written(modules, scene, tmp_path, monkeypatch):
    scene.SetRootDirectory(str(tmp_path / "cd"))
    monkeypatch.setenv("HOME", str(tmp_path))
    suggested = modules["INRCompression"].INRCompressionLogic().suggestedFile(a_volume(scene, "A"))
    assert suggested == str(tmp_path / "A.inr")


def test_reconstruction_says_what_is_missing(open_panel, scene):
    panel = open_panel("INRReconstruction")
    assert panel.ui.applyButton.text == "Choose a volume with thick slices"
    a_volume(scene, "MR")
    assert panel.ui.applyButton.text == "Apply"


def test_registration_says_what_is_missing(open_panel, scene):
    panel = open_panel("INRRegistration")
    assert panel.ui.applyButton.text == "Choose a fixed volume"
    fixed = a_volume(scene, "Fixed")
    assert panel.ui.applyButton.text == "Choose a moving volume"
    panel.ui.movingSelector.setCurrentNode(fixed)
    assert panel.ui.applyButton.text == "Choose two different volumes"
    panel.ui.movingSelector.setCurrentNode(a_volume(scene, "Moving"))
    assert panel.ui.applyButton.text == "Apply"
    panel.ui.fixedLandmarksSelector.setCurrentNode(points(scene, "F", [[0, 0, 0]]))
    assert panel.ui.applyButton.text == "Choose landmarks in both volumes or in none"


def test_segmentation_says_what_is_missing(open_panel, scene):
    panel = open_panel("INRSegmentation")
    assert panel.ui.applyButton.text == "Choose what to make shapes of"
    image = a_volume(scene, "MR")
    assert panel.ui.applyButton.text == "Choose what to make shapes of"
    panel.ui.inputSelector.setCurrentNode(image)
    assert panel.ui.applyButton.text.startswith("An image is no shape")
    panel.ui.inputSelector.setCurrentNode(points(scene, "Few", [[0, 0, 0]]))
    assert panel.ui.applyButton.text == "Place ten points or more on the surface"
    panel.ui.inputSelector.setCurrentNode(a_ball(scene, "Ball"))
    assert panel.ui.applyButton.text == "Apply"


def test_an_input_cannot_be_the_output(open_panel, scene):
    volume = a_volume(scene, "MR")
    panel = open_panel("INRReconstruction")
    panel.ui.outputSelector.setCurrentNode(volume)
    assert panel.ui.applyButton.text == "Choose outputs other than the inputs"
    assert not panel.ui.applyButton.enabled


SETTINGS = {
    "INRCompression": {"ratioSpinBox": ("target_ratio", 12.5), "maximumErrorSpinBox": ("target_max_error", 0)},
    "INRReconstruction": {"spacingSpinBox": ("spacing_mm", 1.5), "thicknessSpinBox": ("slice_thickness_mm", 4)},
    "INRRegistration": {},
    "INRSegmentation": {"spacingSpinBox": ("spacing_mm", 1.5), "smoothingSpinBox": ("smoothness_mm", 0)},
}


@pytest.mark.parametrize("name", MODULES)
def test_settings_reach_the_job_and_untouched_ones_are_left_to_the_preset(name, open_panel, scene, tmp_path):
    panel = ready(name, open_panel, scene, tmp_path)
    assert set(panel.request().settings) <= {"initial", "method"}
    for widget, (_, value) in SETTINGS[name].items():
        getattr(panel.ui, widget).value = value
    if name == "INRSegmentation":
        panel.ui.denseCheckBox.click()
        assert panel.request().settings["sparse"] == "dense"
    asked = panel.request().settings
    assert {setting: asked[setting] for setting, _ in SETTINGS[name].values()} == dict(SETTINGS[name].values())
