"""``samplew report``: its files, its page, what it refuses."""

import json
import re
import resource
import signal
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.report.files import FILES
from tests.cli.cli_calls import FAST, Called, call, call_apart, renamed

VOID = {"meta", "br", "hr", "link", "img", "input"}
EVIL_USER, EVIL_ITEM = '<script>alert("u")</script>', "</td>&lt;'\"\x01\u202e<b>né"


class Page(HTMLParser):
    """Fails on a tag that is not closed in its place; keeps all tags, attributes and cells."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def log(files: Path) -> Path:
    """``log.parquet`` with events; its most frequent user and item are called something else."""
    table = renamed(pq.read_table(files / "log.parquet"), user=EVIL_USER, item=EVIL_ITEM)
    events = pa.array(["view", None] * (table.num_rows // 2))
    path = files / "evil.parquet"
    pq.write_table(table.append_column("event", events), path)
    return path


@pytest.fixture(scope="module")
def report(log: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Called]:
    """A report of ``log`` that shows every user and item, and the call that wrote it."""
    out = tmp_path_factory.mktemp("report") / "findings"
    called = call("report", log, "--out", out, "--top", 100, *FAST, "--json")
    assert called.code == 0, called.err
    return out, called


def test_the_files_of_a_report(report: tuple[Path, Called]) -> None:
    out, called = report
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    found = json.loads(called.out)
    assert found["out"] == str(out)
    assert found["n_judged"] + found["n_unjudged"] == found["n_rows"] == 1300
    for name, key in (("suspicious", "n_suspicious"), ("users", "n_users"), ("items", "n_items")):
        table = pq.read_table(out / f"{name}.parquet")
        assert table.num_rows == found[key]
        assert found[name] == table.slice(0, 100).to_pylist()
    assert found["n_suspicious"] == 100  # a tenth would be fewer


def test_the_page_shows_the_tables_and_nothing_else(report: tuple[Path, Called]) -> None:
    out, called = report
    found = json.loads(called.out)
    text = (out / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    heads = [place for place, row in enumerate(page.rows) if row[0] in ("user", "item")]
    assert len(heads) == 3
    suspicious, users, items = (
        page.rows[begin + 1 : end] for begin, end in zip(heads, [*heads[1:], None], strict=True)
    )
    assert [row[4] for row in suspicious] == [f"{row['row']:,}" for row in found["suspicious"]]
    assert {row[3] for row in suspicious} == {"view", ""}
    assert all(re.fullmatch(r"2025-\d\d-\d\d \d\d:\d\d:\d\d", row[2]) for row in suspicious)
    assert [row[0] for row in users] == [row["user_id"] for row in found["users"]]
    assert len(items) == len(found["items"])
    assert f"{found['n_unjudged']:,} could not be" in text


def test_what_the_log_calls_things_is_text_and_nothing_more(report: tuple[Path, Called]) -> None:
    text = (report[0] / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    cells = {cell for row in page.rows for cell in row}
    assert EVIL_USER in cells
    assert EVIL_ITEM.replace("\x01", "\ufffd") in cells
    assert not {"script", "b", "a", "img", "link", "iframe"} & page.tags
    assert not {"href", "src"} & page.attributes
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "://" not in text


def test_the_same_log_gives_the_same_page_and_summary(log: Path, folder: Path) -> None:
    pages, outputs = [], []
    for out in ("one", "one", "two"):  # the second replaces the first
        called = call("report", log, "--out", out, "--top", 3, *FAST)
        assert called.code == 0, called.err
        assert called.err.splitlines()[-1].endswith(f"wrote the report to {out}; open {out}/index.html")
        pages.append((folder / out / "index.html").read_bytes())
        outputs.append(called.out)
    assert len(set(pages)) == len(set(outputs)) == 1
    for words in ("rows judged", "rows that cannot be judged", "the most suspicious", "first user"):
        assert f"{words}  " in outputs[0]
    assert len(Page(pages[0].decode()).rows) == 3 * (1 + 3) + (1 + 10)  # and of the histogram
    assert sorted(path.name for path in folder.iterdir()) == ["one", "two"]


def test_the_judge_chosen_is_that_of_rows_and_users(
    log: Path, report: tuple[Path, Called], folder: Path
) -> None:
    words = ["report", log, "--out", "out", "--top", 100, "--judge", "taste", *FAST, "--json"]
    found, consensus = json.loads(call(*words).out), json.loads(report[1].out)
    assert (found["judge"], consensus["judge"]) == ("taste", "consensus")
    assert found["suspicious"] != consensus["suspicious"]
    assert found["users"] != consensus["users"]
    assert found["items"] == consensus["items"]
    pages = [(at / "index.html").read_text("utf-8") for at in (folder / "out", report[0])]
    assert ["may well be missing" in page for page in pages] == [False, True]


def test_the_scheme_chosen_is_that_of_the_items_alone(
    log: Path, report: tuple[Path, Called], folder: Path
) -> None:
    words = ["report", log, "--out", "out", "--top", 100, "--importance", "attention", *FAST, "--json"]
    found, consensus = json.loads(call(*words).out), json.loads(report[1].out)
    assert found["importance"] == "attention"
    assert found["suspicious"] == consensus["suspicious"]
    assert found["users"] == consensus["users"]
    assert found["items"] != consensus["items"]
    assert "by the importance attention" in (folder / "out" / "index.html").read_text(encoding="utf-8")


def test_a_log_without_times_has_none_to_show(log: Path, folder: Path) -> None:
    pq.write_table(pq.read_table(log).drop_columns(["timestamp", "event"]), "set.parquet")
    called = call("report", "set.parquet", "--out", "out", *FAST)
    assert called.code == 0, called.err
    names = pq.read_table("out/suspicious.parquet").column_names
    assert names == ["row", "user_id", "item_id", "importance", "share_rank"]
    assert "time (UTC)" not in (folder / "out" / "index.html").read_text(encoding="utf-8")


def a_file(out: Path) -> None:
    out.write_text("mine")


def other_things(out: Path) -> None:
    out.mkdir()
    for name in ("index.html", "notes.txt", "users.csv"):
        (out / name).write_text("mine")


def folder_of_our_name(out: Path) -> None:
    (out / "index.html").mkdir(parents=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (a_file, "out: is a file; name a folder"),
        (other_things, "out: holds other things than a report ('notes.txt', 'users.csv'); name a new"),
        (folder_of_our_name, "out: holds other things than a report ('index.html')"),
    ],
)
def test_what_is_not_ours_is_refused_before_any_work(
    make: Callable[[Path], None], message: str, folder: Path
) -> None:
    make(folder / "out")
    before = sorted(folder.rglob("*"))
    called = call("report", "absent.csv", "--out", "out")
    assert called.code == 2
    assert message in called.error()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--out", "absent/out"], 2, "create it first"),
        (["--out", "out", "--top", "0"], 2, "0 is not in the range"),
        (["--out", "out", "--importance", "none"], 2, "'none' is not one of"),
        (["--out", "out", "--judge", "blend"], 2, "'blend' is not one of"),
        (["--out", "out", "--set", "importance=none"], 4, "importance is given twice"),
        (["--out", "out", "--importance", "external"], 3, "external"),
        (["--out", "out", "--set", "temperature=0"], 4, "temperature is 0"),
        ([], 2, "Missing option '--out'"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, message: str, log: Path, folder: Path
) -> None:
    called = call("report", log, *words, *FAST)
    assert called.code == code
    assert message in called.err.splitlines()[-1]
    assert list(folder.iterdir()) == []


def test_a_folder_without_permission_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "old").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    for out in ("old", "new"):
        called = call("report", "absent.csv", "--out", out)
        assert called.code == 2
        assert "cannot be written; choose another" in called.error()


def limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_report_that_does_not_fit_leaves_the_old_one_whole(log: Path, folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "index.html").write_text("old")
    for out in ("old", "new"):
        called = call_apart("report", log, "--out", out, *FAST, preexec_fn=limit_files, cwd=folder)
        assert called.code == 3
        assert re.search(rf"error: {out}/\w+\.\w+: cannot be written \(File too large\)", called.error())
    assert sorted(folder.rglob("*")) == [folder / "old", folder / "old" / "index.html"]
    assert (folder / "old" / "index.html").read_text() == "old"


def test_the_log_itself_is_never_replaced(log: Path, folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "users.parquet").write_bytes(log.read_bytes())
    for source in ("out/users.parquet", "out"):
        called = call("report", source, "--out", "out")
        assert called.code == 2
        assert "is also read; write to another file" in called.error()
    assert (folder / "out" / "users.parquet").read_bytes() == log.read_bytes()
