"""``samplew explain`` and ``samplew report`` of a model: what they say, write and refuse."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.cli.cli_calls import call


@pytest.fixture(scope="module")
def pair(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A recommendation of the model: user, item, score, rank."""
    top = tmp_path_factory.mktemp("top") / "top.parquet"
    assert call("recommend", "--model", model, "-k", 3, "--out", top).code == 0
    row: dict[str, object] = pq.read_table(top).to_pylist()[1]
    return row


def asked(model: Path, pair: dict[str, object], *more: object) -> list[object]:
    return ["explain", model, "--user", pair["user_id"], "--item", pair["item_id"], *more]


def test_what_is_explained_is_what_recommend_and_score_print(
    model: Path, pair: dict[str, object], folder: Path
) -> None:
    called = call(*asked(model, pair, "--json"))
    assert called.code == 0, called.err
    found = json.loads(called.out)
    assert (found["score"], found["rank"]) == (pair["score"], pair["rank"])
    total = found["base"] + sum(part["contribution"] for part in found["features"])
    assert total == pytest.approx(found["score"], rel=1e-9)
    pacsv.write_csv(pa.table({name: [pair[name]] for name in ("user_id", "item_id")}), "pair.csv")
    assert call("score", "pair.csv", "--model", model, "--out", "scored.parquet").code == 0
    assert pq.read_table("scored.parquet")["score"].to_pylist() == [found["score"]]


def test_the_text_names_what_adds_up(model: Path, pair: dict[str, object]) -> None:
    lines = call(*asked(model, pair)).out.splitlines()
    assert lines[0].startswith(f"user {pair['user_id']}, item {pair['item_id']}: score {pair['score']:.4f}, ")
    assert f"place {pair['rank']} of " in lines[0]
    at = lines.index("what adds up to the score")
    parts = [float(line.split()[-1]) for line in lines[at + 1 : lines.index("", at)]]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=1e-3)
    assert "what attention looked at" in lines
    assert any(line.startswith("nominated by ") for line in lines)


def test_the_same_explanation_draws_the_same_files(
    model: Path, pair: dict[str, object], folder: Path
) -> None:
    for name in ("a.svg", "b.svg", "a.html", "b.html"):
        called = call(*asked(model, pair, "--out", name))
        assert called.code == 0, called.err
        assert called.err.splitlines()[-1] == f"wrote {name}"
    for ending in ("svg", "html"):
        assert (folder / f"a.{ending}").read_bytes() == (folder / f"b.{ending}").read_bytes()


def test_later_interactions_count(model: Path, files: Path, pair: dict[str, object]) -> None:
    plain = json.loads(call(*asked(model, pair, "--json")).out)
    later = json.loads(call(*asked(model, pair, "--history", files / "later.parquet", "--json")).out)
    own = pq.read_table(files / "later.parquet")["user_id"].to_pylist().count(pair["user_id"])
    assert later["n_history"] == plain["n_history"] + own


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--row", 3], "--row: {model} is a model, and this belongs to a log"),
        (["--user", "a", "--item", "b", "--order", "file"], "--order: {model} is a model"),
        (["--user", "a", "--item", "b", "--set", "mix=0"], "--set: {model} is a model"),
        ([], "{model} is a model; give the pair to explain: --user ID and --item ID"),
        (["--user", "a"], "--user and --item"),
        (["--user", "a", "--item", "b", "--out", "x.gif"], "its name must end in .svg, .html"),
        (["--user", "a", "--item", "b", "--out", "absent/x.svg"], "create it first"),
    ],
)
def test_what_does_not_belong_to_a_model_is_refused(
    words: list[object], message: str, model: Path, folder: Path
) -> None:
    called = call("explain", model, *words)
    assert called.code == 2
    assert message.format(model=model) in called.error()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--out", "x.pdf"], 2, "its name must end in .html"),
        (["--out", "x.html", "--importance", "attention"], 2, "--importance: {model} is a model"),
        (["--out", "x.html", "--seed", 1], 2, "--seed: {model} is a model"),
        (["--out", "x.html", "--test", "absent.csv"], 3, "absent.csv"),
        (["--out", "x.html", "--log", "absent.csv"], 3, "absent.csv"),
    ],
)
def test_what_cannot_be_reported_of_a_model_is_said(
    words: list[object], code: int, message: str, model: Path, folder: Path
) -> None:
    called = call("report", model, *words)
    assert called.code == code
    assert message.format(model=model) in called.err.splitlines()[-1]
    assert list(folder.iterdir()) == []


def test_what_belongs_to_a_model_is_refused_for_a_log(files: Path, folder: Path) -> None:
    log = files / "log.parquet"
    for words in (
        ("explain", log, "--row", 1, "--history", log),
        ("explain", log, "--row", 1, "--out", "x.svg"),
        ("report", log, "--out", "x", "--test", log),
        ("report", log, "--out", "x", "--log", log),
    ):
        called = call(*words)
        assert called.code == 2
        assert f"{log} is no model, and this belongs to one; leave it out" in called.error()
    assert list(folder.iterdir()) == []


def test_the_inputs_are_never_replaced(model: Path, folder: Path) -> None:
    (folder / "m.html").write_bytes(model.read_bytes())
    for words in (("explain", "m.html", "--user", "a", "--item", "b"), ("report", "m.html")):
        called = call(*words, "--out", "m.html")
        assert called.code == 2
        assert "m.html is also read; write to another file" in called.error()
    assert (folder / "m.html").read_bytes() == model.read_bytes()


def without_times(page: str) -> str:
    """The page but for the section of the run that made it."""
    return re.sub(r"<section>\n<h2>Time of this run</h2>.*?</section>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("tested", [True, False])
def test_the_page_of_a_model_tells_what_this_run_took(
    tested: bool, model: Path, files: Path, folder: Path
) -> None:
    before = model.read_bytes()
    test = ("--test", files / "later.parquet") if tested else ()
    called = call("report", model, "--out", "a.html", *test, "--threads", 1, "--json")
    assert called.code == 0, called.err
    run = json.loads(called.out)["run"]
    assert (run["tested"], run["n_threads"]) == (tested, 1)
    assert all(run[name] > 0 for name in ("load", "ready", "serve", "peak_rss_bytes"))
    n_users = len(pq.read_table(files / f"{'later' if tested else 'log'}.parquet")["user_id"].unique())
    assert run["n_users"] == n_users
    page = (folder / "a.html").read_text(encoding="utf-8")
    told = f"Ranking the catalogue for {n_users} users of the {'test log' if tested else 'model'} took "
    assert page.count(told) == 1
    assert "with 1 thread." in page
    for part in ("read and check the model file", "features and scores of 1,000 users", "peak memory"):
        assert page.count(part) == 1
    assert model.read_bytes() == before


def test_the_report_of_a_model_is_told_as_the_page_is(model: Path, files: Path, folder: Path) -> None:
    words = ("report", model, "--test", files / "later.parquet", "--top", 3)
    called = call(*words, "--out", "a.html", "--json")
    assert called.code == 0, called.err
    found = json.loads(called.out)["report"]
    page = (folder / "a.html").read_text(encoding="utf-8")
    for each in found["quality"]["metrics"]:
        assert f"{each['model']['mean']:.4f} ({each['model']['low']:.4f} to" in page
    assert found["effects"]["features"][0]["feature"] in page
    assert found["training"]["cleaning"]["n_kept"] == 1300
    assert "kept 1,300 of 1,300 rows" in page
    text = call(*words, "--out", "b.html")
    assert f"{found['quality']['metrics'][0]['model']['mean']:.4f}" in text.out
    again = (folder / "b.html").read_text(encoding="utf-8")
    assert without_times(again) == without_times(page) != page
