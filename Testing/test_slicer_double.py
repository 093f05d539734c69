"""The double keeps to PythonQt's rules: what would fail in Slicer fails here."""

from pathlib import Path

import pytest
import slicer_double


@pytest.fixture(scope="module")
def slicer_app():
    with slicer_double.installed() as double:
        yield double


@pytest.fixture
def qt(slicer_app):
    import qt

    return qt


def test_a_property_is_an_attribute_and_cannot_be_called(qt):
    button = qt.QPushButton("Go")
    assert button.text == "Go"
    button.text = "Stop"
    button.name = "stopButton"
    assert button.text == "Stop"
    assert button.objectName == "stopButton"
    with pytest.raises(TypeError):
        button.text()
    button.setText("Go")
    assert (button.text, button.isEnabled(), button.enabled) == ("Go", True, True)


def test_an_unknown_attribute_of_a_cpp_object_cannot_be_set_or_read(qt):
    with pytest.raises(AttributeError):
        qt.QPushButton().colour = "red"
    with pytest.raises(AttributeError):
        _ = qt.QPushButton().colour

    class Special(qt.QPushButton):
        pass

    special = Special()
    special.colour = "red"
    assert special.colour == "red"


def test_conversions_are_lenient_but_text_is_no_number(qt):
    box, button = qt.QSpinBox(), qt.QPushButton()
    box.value = 3.9
    button.text = None
    assert (box.value, button.text) == (3, "None")
    with pytest.raises(AttributeError):
        box.value = "7"


def test_a_property_that_is_read_by_a_virtual_method_can_be_used(qt):
    bar = qt.QProgressBar()
    bar.maximum = 10
    bar.value = 5  # the bar asks for its own text() to repaint it
    assert (bar.value, bar.text) == (5, "50%")


def test_keyword_arguments_for_properties_raise(qt):
    with pytest.raises(ValueError, match="keyword"):
        qt.QPushButton(text="a")


def test_connect_takes_a_signature_and_refuses_a_wrong_one(qt, capsys):
    button, clicks = qt.QPushButton(), []
    assert button.connect("clicked(bool)", lambda: clicks.append(1))
    assert button.connect("clickd(bool)", lambda: clicks.append(2)) is False
    assert "no such signal" in capsys.readouterr().out
    button.click()
    assert clicks == [1]


def test_a_disconnected_slot_is_not_called_again(qt):
    button, clicks = qt.QPushButton(), []
    button.connect("clicked(bool)", clicks.append)
    button.disconnect("clicked(bool)", clicks.append)
    button.click()
    assert not clicks


def test_containers_come_back_as_tuples(qt, slicer_app):
    import slicer

    combo = slicer.qMRMLNodeComboBox()
    combo.nodeTypes = ["vtkMRMLModelNode"]
    assert combo.nodeTypes == ("vtkMRMLModelNode",)
    assert isinstance(combo.children(), tuple)


def test_a_deleted_widget_is_false_equals_none_and_cannot_be_read(qt):
    import shiboken6

    button = qt.QPushButton("x")
    shiboken6.delete(button)
    assert not button
    assert button == None  # noqa: E711 - the comparison that PythonQt code makes
    with pytest.raises(ValueError, match="deleted"):
        _ = button.text


def test_dynamic_properties_and_named_children_are_attributes(qt):
    frame = qt.QWidget()
    child = qt.QLabel("hello", frame)
    child.name = "greeting"
    frame.setProperty("SlicerParameterName", "input")
    assert frame.SlicerParameterName == "input"
    assert frame.greeting.text == "hello"


def test_the_node_selector_follows_the_scene(slicer_app):
    import slicer

    combo = slicer.qMRMLNodeComboBox()
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    combo.showChildNodeTypes = False
    changes = []
    combo.connect("currentNodeChanged(vtkMRMLNode*)", changes.append)
    assert not combo.enabled
    combo.setMRMLScene(slicer_app.scene)
    slicer_app.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    assert combo.currentNode() is None
    volume = slicer_app.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "MR")
    assert combo.currentNode() is volume
    assert combo.currentNodeID == volume.GetID()
    slicer_app.scene.RemoveNode(volume)
    assert combo.currentNode() is None
    assert changes == [volume, None]
    slicer_app.scene.Clear()


def test_nothing_of_the_double_is_left_after_the_block():
    import sys

    import slicer

    before = (set(dir(slicer)), sys.modules.get("qt"), list(sys.path))
    with slicer_double.installed() as double:
        assert slicer.mrmlScene is double.scene
        assert sys.modules["qt"] is not before[1]
    assert (set(dir(slicer)), sys.modules.get("qt"), list(sys.path)) == before


def test_a_ui_file_with_an_unknown_class_or_signal_is_refused(slicer_app, tmp_path: Path):
    import slicer

    file = tmp_path / "bad.ui"
    file.write_text('<ui version="4.0"><widget class="ctkFancyThing" name="x"/></ui>')
    with pytest.raises(RuntimeError, match="ctkFancyThing"):
        slicer.util.loadUI(str(file))
