"""The pages in a real browser: they open from their file, fetch nothing, complain of nothing, fit a phone."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.browser import WIDTHS, dumped, opened
from tests.cli.cli_calls import FAST, call, renamed

EVIL_USER = "<script>alert(1)</script>" + "u" * 300
EVIL_ITEM = "</td></svg><b>\u202eitem"
HEADINGS = {
    "model": ("Quality", "What moves the scores", "Weights", "Data and cleaning", "Suspicious rows"),
    "untested": ("Quality", "What moves the scores", "Time of this run", "Settings"),
    "log": ("Importance of the judged rows", "Suspicious rows", "Value of users", "Relevance of items"),
    "why": ("What adds up to the score", "What attention looked at", "Who nominated it"),
}
DRAWINGS = {"model": 5, "untested": 3, "log": 1, "why": 2}


@pytest.fixture(scope="module")
def evil_log(files: Path) -> Path:
    """``log.parquet``, whose most frequent user and item have names that are no good for a page."""
    table = renamed(pq.read_table(files / "log.parquet"), user=EVIL_USER, item=EVIL_ITEM)
    path = files / "unkind.parquet"
    pq.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def pages(evil_log: Path, files: Path) -> dict[str, Path]:
    """Every kind of page."""
    folder = files / "pages"
    folder.mkdir()
    model, threads = folder / "m.swg", ("--threads", 2)
    both = ("--test", files / "later.parquet", "--log", evil_log)
    calls = (
        ("train", evil_log, "--model", model, "--no-gate", *FAST),
        ("report", model, "--out", folder / "model.html", *both, *threads),
        ("report", model, "--out", folder / "untested.html", *threads),
        ("report", evil_log, "--out", folder / "log", *FAST),
        ("explain", model, "--user", EVIL_USER, "--item", EVIL_ITEM, "--out", folder / "why.html", *threads),
        ("explain", model, "--user", EVIL_USER, "--item", EVIL_ITEM, "--out", folder / "why.svg", *threads),
    )
    for words in calls:
        called = call(*words)
        assert called.code == 0, called.err
    found = {name: folder / f"{name}.html" for name in ("model", "untested", "why")}
    return found | {"log": folder / "log" / "index.html", "picture": folder / "why.svg"}


@pytest.mark.parametrize("name", HEADINGS)
def test_a_page_opens_and_needs_nothing_else(name: str, pages: dict[str, Path], tmp_path: Path) -> None:
    page = pages[name].read_text(encoding="utf-8")
    assert not [word for word in ("://", "src=", "href=", "url(", "@import", "<script") if word in page]
    dom, console = dumped(pages[name], tmp_path)
    assert console == []
    assert [heading for heading in HEADINGS[name] if f"<h2>{heading}</h2>" not in dom] == []
    assert "<script" not in dom


@pytest.mark.parametrize("name", HEADINGS)
def test_a_page_fits_a_desk_and_a_phone(name: str, pages: dict[str, Path], tmp_path: Path) -> None:
    found = opened(pages[name].read_text(encoding="utf-8"), tmp_path)
    assert [each.width for each in found] == list(WIDTHS)
    for each in found:
        assert each.needed <= each.width
        assert each.fetched == []
        assert set(HEADINGS[name]) <= set(each.headings)
        assert len(each.drawings) == DRAWINGS[name]
        assert min(each.drawings) > 50


def test_a_picture_opens_by_itself(pages: dict[str, Path], tmp_path: Path) -> None:
    picture = pages["picture"].read_text(encoding="utf-8")
    assert picture.count("://") == 1  # the name of SVG's own namespace, which is never fetched
    dom, console = dumped(pages["picture"], tmp_path)
    assert console == []
    assert "What adds up to the score" in dom
    assert "parsererror" not in dom


def test_the_checks_see_what_they_look_for(tmp_path: Path) -> None:
    policy = "<meta http-equiv='Content-Security-Policy' content=\"style-src 'unsafe-inline'\">"
    bad = tmp_path / "bad.html"
    asking = "<img src='http://127.0.0.1:9/a.png'><script>oops()</script>"  # nobody answers at that port
    wide = f"<h1>wide</h1><svg width='2000' height='60'></svg>{asking}"
    bad.write_text(f"<!DOCTYPE html><head>{policy}</head><body>{wide}</body>")
    _, console = dumped(bad, tmp_path)
    assert "oops" in " ".join(console)
    found = opened(bad.read_text(), tmp_path)
    assert all(each.needed > each.width and each.fetched for each in found)
