"""The forms of the weights that a gate chooses from: schemes, sharpness, rows or pairs, negatives, tables."""

from collections.abc import Sequence

import msgspec

from samplew_gbm.pipeline.verdict import Setting
from samplew_gbm.settings import FIND, Settings

EFFECTIVE_SAMPLES = (0.9, 0.7)  # mild to sharp
FORMS = (("row", "plain"), ("pair", "plain"), ("row", "softened"))  # weighting, negatives
CHOSEN = ("importance", "temperature", "effective_sample", "weighting", "negatives", "denoise")


def without_weights(settings: Settings) -> Settings:
    """The settings of the unweighted twin."""
    return msgspec.structs.replace(settings, importance="none", weighting="row", negatives="auto")


def settings_to_try(
    settings: Settings, others: Sequence[str] = ("taste",), *, pairs: bool = True, denoised: bool = False
) -> list[Settings]:
    """As given, then from mild to sharp, of its scheme and the ``others``.

    Forms that the objective or the scheme cannot have are left out; those of pairs also without ``pairs``.
    With ``denoised`` also, over tables without accidents, no weights and the ``others``.
    """
    pairs = pairs and settings.objective == "lambdarank"
    forms = [form for form in FORMS if form[0] == "row" or pairs]
    tried = [
        msgspec.structs.replace(
            settings,
            importance=scheme,
            effective_sample=share,
            weighting=weighting,
            negatives=negatives,
        )
        for share in EFFECTIVE_SAMPLES
        for scheme in (settings.importance, *others)
        for weighting, negatives in forms
    ]
    if denoised:
        tried += [
            msgspec.structs.replace(settings, importance=name, denoise=FIND) for name in ("none", *others)
        ]
    return list(dict.fromkeys([settings, *tried]))


def form_of(settings: Settings) -> Setting:
    """What of the settings a gate chooses, as a verdict keeps it."""
    return {name: getattr(settings, name) for name in CHOSEN}
