"""A real Chromium that opens a page: what it draws, how wide, what it fetches and complains of."""

import html
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (1280, 400)
_POLICY = "style-src 'unsafe-inline'"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--window-size=1400,1000", "--enable-logging=stderr", "--dump-dom"),
)
_PROBE = """
<script>addEventListener("load", () => parent.postMessage({
  width: innerWidth, needed: document.documentElement.scrollWidth,
  fetched: performance.getEntriesByType("resource").map(each => each.name),
  headings: [...document.querySelectorAll("h1, h2, h3")].map(each => each.textContent),
  drawings: [...document.querySelectorAll("svg")].map(each => each.getBoundingClientRect().height),
}, "*"))</script>
</body>
"""
_FRAMES = """<!DOCTYPE html><meta charset="utf-8"><script>
const seen = []
addEventListener("message", event => {{
  seen.push(event.data)
  document.documentElement.dataset.seen = JSON.stringify(seen)
}})
</script>
{frames}
"""


@dataclass(frozen=True)
class Opened:
    """How the page came out in a frame of ``width`` pixels."""

    width: int
    needed: int
    fetched: list[str]
    headings: list[str]
    drawings: list[float]


def chromium() -> str:
    """The path of a Chromium; the test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on the PATH; apt-get install chromium")
    return found


def dumped(page: Path, folder: Path) -> tuple[str, list[str]]:
    """The DOM of a page once it is loaded, and the lines of its console."""
    command = [chromium(), *_FLAGS, f"--user-data-dir={folder / 'profile'}", page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def opened(page: str, folder: Path) -> list[Opened]:
    """The page in a frame of each of ``WIDTHS``, changed only so that a script may look at it."""
    assert page.count("style-src 'unsafe-inline'") == page.count("</body>") == 1
    watched = page.replace(
        "style-src 'unsafe-inline'", "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    )
    watched = html.escape(watched.replace("</body>", _PROBE))
    frames = [
        f'<iframe width="{w}" height="900" frameborder="0" srcdoc="{watched}"></iframe>' for w in WIDTHS
    ]
    wrapper = folder / "wrapper.html"
    wrapper.write_text(_FRAMES.format(frames="\n".join(frames)), encoding="utf-8")
    dom, _ = dumped(wrapper, folder)
    seen = html.unescape(dom.split('data-seen="', 1)[1].split('"', 1)[0])
    return sorted((Opened(**each) for each in json.loads(seen)), key=lambda each: -each.width)
