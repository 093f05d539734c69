"""What the panel calls the settings that messages of a registration name."""

from __future__ import annotations

from slicer.i18n import tr as _

from .registration_parameters import ImageKind, Initial, Model, Similarity


def registration_words() -> dict[str, str]:
    """Words of a message -> what stands there in the panel, the longer ones first where one begins with another."""
    alignment, model, compare = _("Initial alignment"), _("Model"), _("Compare by")
    different = _("'{choice}' under 'The volumes show'").format(choice=ImageKind.DIFFERENT.label())
    return {
        "initial = 'rigid' or 'affine'": f"'{alignment}: {Initial.RIGID.label()}' / '{Initial.AFFINE.label()}'",
        "choose 'lncc_squared', 'nmi' or 'mind'": _("choose {choice}").format(choice=different),
        **{f"initial = '{one.value}'": f"'{alignment}: {one.label()}'" for one in Initial},
        **{f"similarity = '{one.value}'": f"'{compare}: {one.label()}'" for one in Similarity if one.value},
        **{f"model = '{one.value}'": f"'{model}: {one.label()}'" for one in Model if one.value},
        "hyperelastic_weight": _("value of 'Resist volume change'"),
        "bending_weight": _("value of 'Resist bending'"),
        "grid_spacing_mm": _("value of 'Transform spacing (mm)'"),
    }
