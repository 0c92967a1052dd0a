"""What a training spent its time on; light, so that any command may ask."""

import re


def by_stage(seconds: dict[str, float]) -> dict[str, float]:
    """The seconds of each stage, the folds of one together."""
    found: dict[str, float] = {}
    for stage, value in seconds.items():
        name = re.sub(r"^fold \d+ of \d+", "all folds", stage)
        found[name] = found.get(name, 0.0) + value
    return found


def seconds_text(seconds: float) -> str:
    """``0.4 s``, ``12 s`` or ``3 min 20 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def bytes_text(size: float) -> str:
    """``740 MB`` or ``1.2 GB``, in powers of 1,000."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
