"""From an empty scene to a result with few clicks, made by mouse and keys as a user makes them."""

import pytest
from panel_tools import MODULES, a_ball, a_volume, node_names
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

MOST_CLICKS = 6


class User:
    """Counts clicks; a list costs two of them, one to open it and one to choose."""

    def __init__(self):
        self.clicks = 0

    def click(self, button):
        assert button.enabled
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.clicks += 1

    def choose(self, selector, text):
        box = selector._double_box
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.findText(text))
        self.clicks += 2

    def load_data(self, *nodes):
        """Drag and drop, and the button of the dialog."""
        self.clicks += 2
        return nodes


@pytest.fixture
def user():
    return User()


@pytest.mark.parametrize("name", MODULES)
def test_own_data_need_six_clicks_at_most(name, user, open_panel, scene, slicer_app, tmp_path):
    scene.SetRootDirectory(str(tmp_path))
    panel = open_panel(name)
    if name == "INRRegistration":
        user.load_data(a_volume(scene, "Fixed"), a_volume(scene, "Moving", shift=3))
        user.choose(panel.ui.movingSelector, "Moving")
    elif name == "INRSegmentation":
        user.load_data(a_ball(scene, "Ball"))
    else:
        user.load_data(a_volume(scene, "MR", spacing=(1.5, 1.5, 3)))
    user.click(panel.ui.applyButton)
    slicer_app.wait_until(lambda: panel._job.process)  # what comes then is in test_panel_runs.py
    assert panel.ui.errorLabel.text == ""
    assert user.clicks <= MOST_CLICKS


@pytest.mark.parametrize("name", MODULES)
def test_one_click_shows_what_a_module_does_on_its_sample(name, user, open_panel, scene, slicer_app):
    panel = open_panel(name)
    panel.ui.iterationsSpinBox.value = 5
    assert panel.ui.tryButton.isVisibleTo(panel.parent)
    user.click(panel.ui.tryButton)
    assert panel.ui.applyButton.text == "Cancel"
    assert not panel.ui.tryButton.isVisibleTo(panel.parent)
    slicer_app.wait_until(lambda: panel._job.process)
    assert panel.ui.errorLabel.text == ""
    assert node_names(scene)
    assert user.clicks == 1


def test_apply_and_cancel_work_from_the_keyboard(open_panel, scene, slicer_app):
    panel = open_panel("INRReconstruction")
    a_volume(scene, "MR")
    panel.ui.applyButton.setFocus()
    QTest.keyClick(panel.ui.applyButton, Qt.Key.Key_Space)
    assert panel.ui.applyButton.text == "Cancel"
    panel._started -= 1  # somewhat later
    QTest.keyClick(panel.ui.applyButton, Qt.Key.Key_Space)
    assert panel.ui.applyButton.text == "Apply"
    slicer_app.wait_until(lambda: True)
