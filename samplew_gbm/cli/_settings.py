"""Settings from the words of a command line."""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from samplew_gbm.errors import SettingsError
from samplew_gbm.settings import Settings

_KINDS = {field.name: field.type for field in msgspec.structs.fields(Settings)}
_WORDS = {int: "a whole number", float: "a number", str: "a word"}
NAMES = tuple(name for name in _KINDS if name not in ("importance", "random_state"))


def parse_settings(
    assignments: Iterable[str], *, importance: str | None = None, seed: int | None = None
) -> Settings:
    """The settings of ``--set NAME=VALUE``, ``--importance`` and ``--seed``; the rest by default.

    ``SettingsError`` for an unknown name, one that is given twice, and a value of the wrong type or range.
    """
    given: dict[str, str | int] = {}
    if importance is not None:
        given["importance"] = importance
    if seed is not None:
        given["random_state"] = seed
    for assignment in assignments:
        name, value = _split(assignment)
        if name in given:
            raise SettingsError(f"--set {assignment}: {name} is given twice; give it once")
        given[name] = value
    return msgspec.convert(given, Settings, strict=False)


def with_settings(settings: Settings, assignments: str) -> Settings:
    """The same but for those of ``--try "NAME=VALUE ..."``; refused where one has its value already."""
    for assignment in assignments.split() or [""]:
        name, value = _split(assignment, "--try")
        changed = msgspec.convert({**msgspec.structs.asdict(settings), name: value}, Settings, strict=False)
        if changed == settings:
            raise SettingsError(f"--try {assignments}: {name} has that value already; give another")
        settings = changed
    return settings


def _split(assignment: str, option: str = "--set") -> tuple[str, str]:
    name, equals, value = assignment.partition("=")
    name, value = name.strip().replace("-", "_"), value.strip()
    if not equals:
        raise SettingsError(f"{option} {assignment}: there is no '='; write {option} NAME=VALUE")
    if name not in _KINDS:
        close = get_close_matches(name, _KINDS, n=1)
        known = f"did you mean {close[0]}?" if close else f"give one of {', '.join(_KINDS)}"
        raise SettingsError(f"{option} {assignment}: there is no setting {name!r}; {known}")
    _check_type(f"{option} {assignment}", name, value)
    return name, value


def _check_type(words: str, name: str, value: str) -> None:
    """One setting at a time, so that the message can name it."""
    try:
        msgspec.convert(value, _KINDS[name], strict=False)
    except msgspec.ValidationError:
        kind = _WORDS.get(_KINDS[name], "of another type")
        raise SettingsError(f"{words}: {name} must be {kind}") from None
