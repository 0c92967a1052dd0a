"""What a command says: results on stdout for people or as JSON, messages on stderr."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import click
import msgspec

from samplew_gbm.errors import DataError
from samplew_gbm.report.stages import bytes_text, seconds_text

__all__ = ["bytes_text", "note", "seconds_text", "share_text", "show", "show_json", "table"]


def note(message: str) -> None:
    """A message about the work, on stderr."""
    click.echo(message, err=True)


def show(text: str) -> None:
    """A result for people, on stdout; ``DataError`` where that is full."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(
            f"stdout cannot be written ({error.strerror}); free space, or write elsewhere"
        ) from None


def show_json(value: Any) -> None:
    """A result for machines, on stdout: structs, dataclasses and NumPy numbers too; NaN becomes null."""
    show(msgspec.json.format(msgspec.json.encode(value, enc_hook=_plain), indent=2).decode())


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays
        return value.tolist()
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def table(rows: Sequence[Sequence[object]], head: Sequence[str] | None = None) -> str:
    """Rows as aligned text: the first column to the left, the others to the right."""
    lines = [list(map(str, row)) for row in ([head, *rows] if head else rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *(map(str.rjust, line[1:], widths[1:]))]).rstrip()
        for line in lines
    )


def cost_rows(seconds: Collection[float], peaks: Iterable[int]) -> list[tuple[str, str]]:
    """What stages took in all, for a table; nothing where there were none."""
    if not seconds:
        return []
    return [("time", seconds_text(sum(seconds))), ("peak memory", bytes_text(max(peaks)))]


def gain_text(gain: dict[str, float]) -> str:
    """The share of each feature in the gain of all, the largest first; those of none are counted."""
    total = sum(gain.values()) or 1.0
    used = [(name, share_text(value / total)) for name, value in falling(gain) if value > 0]
    unused = len(gain) - len(used)
    return table([*used, *([(f"(no split uses {unused} more)", "")] if unused else [])])


def falling(values: dict[str, float]) -> list[tuple[str, float]]:
    """Names and values, the largest first, equal ones by name."""
    return sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))


def share_text(share: float) -> str:
    """A share of 1 in percent."""
    return f"{100 * share:.1f} %"
