"""What a panel says is in its own words, and what it shows fits beside the views."""

import ast
import re
import xml.etree.ElementTree as ElementTree

import pytest
from panel_tools import MODULES, ROOT

WIDEST = 420
"""Pixels; Slicer gives a module's panel about 400 to 500."""


@pytest.fixture
def in_panel_words(modules):
    from INRCore.panel.words import in_panel_words

    return in_panel_words


def messages(folder):
    """Texts in the package's code that speak of a setting with a value, without its docstrings."""
    for path in sorted((ROOT / "INRCore" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "\n"
            if "\n" not in text and re.search(r"\b(initial|model|similarity) = '", text):
                yield text


def test_no_message_of_the_registration_speaks_python_in_the_panel(in_panel_words):
    found = list(messages("registration"))
    assert len(found) > 5
    for text in found:
        whole = text.replace("similarity = '", "similarity = 'ncc_lncc'") if text.endswith("= '") else text
        assert not re.search(r" = '\w+'|grid_spacing_mm|hyperelastic_weight", in_panel_words(whole)), text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("choose initial = 'rigid' or 'affine', which", "choose Initial alignment: Rigid or Affine, which"),
        ("choose model = 'velocity', which cannot", "choose Model: Flow (never folds), which cannot"),
        ("choose 'nmi' for", "choose 'Mutual information (different contrasts)' for"),
        ("or a larger hyperelastic_weight.", "or a larger Resist volume change."),
        ("The device 'cuda' cannot be used.", "The device 'NVIDIA GPU (CUDA)' cannot be used."),
        ("Choose 'auto' or 'cpu'.", "Choose 'Automatic' or 'Processor (CPU)'."),
        ("or allow overwriting (command line: --force).", "or allow overwriting."),
        (
            "say so (in the panel under Slices; elsewhere sparse = 'dense' or, for some of them, empty_slices).",
            "say so (under Slices).",
        ),
        ("Give a stack of slices, or set slice_axis to another axis.", "Give a stack of slices."),
        ("'rigid' and 'model' are segments", "'rigid' and 'model' are segments"),
    ],
)  # fmt: skip
def test_settings_are_called_as_on_the_screen(text, words, in_panel_words):
    assert in_panel_words(text) == words


def test_the_words_are_those_on_the_screen(in_panel_words):
    tree = ElementTree.parse(ROOT / "INRRegistration" / "Resources" / "UI" / "INRRegistration.ui")
    shown = {text.text for text in tree.iter("string")}
    for name in ("initial = 'rigid'", "model = 'cycle'", "similarity = 'mse'"):
        assert in_panel_words(name).partition(":")[0] + ":" in shown
    for name in ("grid_spacing_mm", "hyperelastic_weight"):
        assert f"{in_panel_words(name)}:" in shown


@pytest.mark.parametrize("name", MODULES)
def test_a_panel_with_everything_unfolded_is_no_wider_than_slicers(name, open_panel, slicer_app):
    panel = open_panel(name)
    for widget in vars(panel.ui).values():
        if widget.className() == "ctkCollapsibleButton":
            widget.collapsed = False
            widget.setVisible(True)
    panel.parent.setVisible(True)
    slicer_app.wait_until(lambda: True)
    assert panel.parent.minimumSizeHint.width() <= WIDEST
