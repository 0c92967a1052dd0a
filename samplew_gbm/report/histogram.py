"""A histogram as inline SVG."""

import numpy as np
from numpy.typing import NDArray

N_BARS = 40
_WIDTH, _HEIGHT, _FOOT = 800, 200, 24
_TAIL = 0.995  # the last bar holds all beyond this quantile: a few large values would flatten the rest


def histogram_svg(importance: NDArray[np.float64]) -> str:
    """How often each importance occurs, with a line at 1, the mean."""
    upper = max(float(np.quantile(importance, _TAIL)), 1.25)
    counts, edges = np.histogram(np.minimum(importance, upper), N_BARS, (0, upper))
    step = _WIDTH / N_BARS
    bars = [
        _bar(place * step, step, float(count / counts.max()), _told(place, int(count), edges))
        for place, count in enumerate(counts)
    ]
    mean = _WIDTH / upper
    return "\n".join(
        [
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + _FOOT}" role="img" '
            'aria-label="Histogram of the importance of the judged rows">',
            *bars,
            f'<line class="mean" x1="{mean:.1f}" x2="{mean:.1f}" y1="0" y2="{_HEIGHT}"></line>',
            _label(0, "start", "0"),
            _label(mean, "middle", "1 = mean"),
            _label(_WIDTH, "end", f"{upper:.1f} and above"),
            "</svg>",
        ]
    )


def _told(place: int, count: int, edges: NDArray[np.float64]) -> str:
    begin, end = edges[place : place + 2]
    reach = f"from {begin:.2f}" if place == N_BARS - 1 else f"{begin:.2f} to {end:.2f}"
    return f"{reach}: {count:,} rows"


def _bar(x: float, step: float, height: float, told: str) -> str:
    tall = height * _HEIGHT
    return (
        f'<rect x="{x:.1f}" y="{_HEIGHT - tall:.1f}" width="{step - 1:.1f}" height="{tall:.1f}">'
        f"<title>{told}</title></rect>"
    )


def _label(x: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{_HEIGHT + 18}" text-anchor="{anchor}">{text}</text>'
