"""The parameters of an estimator as settings."""

from collections.abc import Collection
from typing import Any

import msgspec
import numpy as np

from samplew_gbm.errors import ParameterError, SettingsError
from samplew_gbm.settings import Settings

NOT_KEPT = ("estimator", "item_vectors", "n_threads")
"""Parameters that are not saved: objects that only training asks, and what this machine has."""
_KINDS = {field.name: field.type for field in msgspec.structs.fields(Settings)}
_WORDS = {int: "a whole number", float: "a number", str: "a word"}


def settings_of(parameters: dict[str, Any]) -> Settings:
    """The settings among ``parameters``, in NumPy's types too, the others by default.

    ``ParameterError`` names the parameter of the wrong type or range.
    """
    given = {name: _plain(name, value) for name, value in parameters.items() if name in _KINDS}
    try:
        return Settings(**given)
    except SettingsError as error:
        raise ParameterError(str(error)) from None


def plain_parameters(parameters: dict[str, Any], leave_out: Collection[str]) -> dict[str, Any]:
    """Parameters as Python's own numbers, words and None, whatever NumPy's they were given in."""
    kept = {name: value for name, value in parameters.items() if name not in leave_out}
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in kept.items()}


def check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    """``ParameterError`` where ``value`` is none of the words ``known``."""
    if value not in known:
        raise ParameterError(f"{name} is {value!r}; give one of {', '.join(known)}")


def check_number(name: str, value: object, least: float, most: float) -> None:
    """``ParameterError`` where ``value`` is no number from ``least`` to ``most``."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | np.number)
        or not least <= value <= most
    ):
        raise ParameterError(f"{name} is {value!r}; give a number from {least:g} to {most:g}")


def _plain(name: str, value: Any) -> Any:
    """A Python value of the setting's type."""
    plain = value.item() if isinstance(value, np.generic) else value
    try:
        return msgspec.convert(plain, _KINDS[name])
    except msgspec.ValidationError:
        raise ParameterError(f"{name} is {value!r}; it must be {_WORDS[_KINDS[name]]}") from None
