"""The findings of a report: their twins, what they find in a shop whose accidents are known, their files."""

import re
from collections import defaultdict

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.crossfit import plan_folds
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.pipeline.weighing import weigh
from samplew_gbm.pipeline.weight_summary import N_BARS, histogram_of
from samplew_gbm.report.drawing import inline
from samplew_gbm.report.files import FILES
from samplew_gbm.report.findings import TOP_USERS, item_relevance, suspicious_rows, user_values
from samplew_gbm.report.histogram import histogram
from samplew_gbm.report.making import make_report
from samplew_gbm.report.markup import escaped, moment, top_users
from samplew_gbm.report.page import page_html
from samplew_gbm.report.tables import report_tables
from samplew_gbm.report.writing import write_report
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import TINY, encoded, random_log, random_table

SETTINGS = Settings(importance="consensus", n_factors=16, linear_items=0)
BY_CONSENSUS = msgspec.structs.replace(TINY, importance="consensus")


@pytest.fixture(scope="module")
def shop():
    return simulate_shop(150, 200, 6000, random_state=5)


@pytest.fixture(scope="module")
def found(shop):
    log, _ = clean(build_interactions(shop.log))
    return log, make_report(log, SETTINGS, n_threads=2)


def judged_part(seed=0):
    """A log, importance with ties of every row, two thirds of the rows, and affinity with ties of those."""
    rng = np.random.default_rng(seed)
    log = random_log(seed=seed)
    importance = np.round(rng.gamma(4, 0.25, len(log)), 1)
    judged = rng.permutation(len(log))[: 2 * len(log) // 3]
    return log, importance, judged, np.round(rng.normal(size=len(judged)), 1).astype(np.float32)


def naive_top_users(log, importance, judged, affinity):
    """item -> [(user, importance, affinity rank, judged rows of the user)], the most important first."""
    own = defaultdict(list)
    for place, value in zip(judged, affinity, strict=True):
        own[log.user_index[place]].append(value)
    best = defaultdict(dict)
    for place, value in zip(judged, affinity, strict=True):
        user, item = log.user_index[place], log.item_index[place]
        rank = 1 + sum(other > value for other in own[user])
        row = (-importance[place], user, rank, len(own[user]))
        best[item][user] = min(row, best[item].get(user, row))
    return {
        item: [(u, -i, rank, n) for i, u, rank, n in sorted(rows.values())[:TOP_USERS]]
        for item, rows in best.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_users_of_an_item_are_those_of_the_twin(seed):
    log, importance, judged, affinity = judged_part(seed)
    items = item_relevance(log, importance, judged, affinity)
    expected, top = naive_top_users(log, importance, judged, affinity), items.top
    assert len(items.means.group) == len(expected)
    for place, item in enumerate(items.means.group):
        at = range(top.indptr[place], top.indptr[place + 1])
        rows = [(top.user_index[j], top.importance[j], top.affinity_rank[j], top.n_own[j]) for j in at]
        assert rows == expected[item]


def test_users_have_the_means_of_their_judged_rows():
    log, importance, judged, _ = judged_part()
    users = user_values(log, importance, judged)
    for user, n, mean, share in zip(users.group, users.n, users.mean, users.share, strict=True):
        own = [importance[place] for place in judged if log.user_index[place] == user]
        assert (n, mean) == (len(own), pytest.approx(np.mean(own)))
        assert share == pytest.approx(np.sum(own) / importance[judged].sum())
    assert (np.diff(users.steadied) <= 0).all()


@pytest.mark.parametrize("at_least", [0, 7, 100, 10_000])
def test_suspicious_rows_are_the_lowest(at_least):
    log, importance, judged, _ = judged_part()
    rows = suspicious_rows(log, importance, judged, at_least=at_least)
    assert len(rows.place) == min(len(judged), max(at_least, len(judged) // 10))
    assert set(rows.place) <= set(judged)
    np.testing.assert_array_equal(rows.importance, np.sort(importance[judged])[: len(rows.place)])
    np.testing.assert_array_equal(rows.importance, importance[rows.place])
    for value, share in zip(rows.importance, rows.share_rank, strict=True):
        assert share == np.mean(importance[judged] <= value)


def test_the_order_of_the_judged_rows_changes_nothing():
    log, importance, judged, affinity = judged_part()
    mixed = np.random.default_rng(9).permutation(len(judged))
    for one, other in (
        (suspicious_rows(log, importance, rows, at_least=50) for rows in (judged, judged[mixed])),
        (
            item_relevance(log, importance, rows, near).top
            for rows, near in ((judged, affinity), (judged[mixed], affinity[mixed]))
        ),
    ):
        for name in type(one).__slots__:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_the_order_of_the_file_changes_nothing_but_the_numbers_of_the_rows():
    table = random_table(n_rows=330)
    times = pa.array(np.arange(330) * 3600.0)
    table = table.set_column(table.column_names.index("timestamp"), "timestamp", times)
    mixed = table.take(pa.array(np.random.default_rng(3).permutation(330)))
    tables = []
    for each in (table, mixed):
        log = encoded(each)
        tables.append(report_tables(log, make_report(log, BY_CONSENSUS, n_threads=1)))
    for name in tables[0]:
        one, other = (
            each[name].drop_columns([c for c in ("row",) if c in each[name].column_names]) for each in tables
        )
        assert one.equals(other)


def enrichment(table, noise, settings, judge="consensus"):
    """How many times its share of all judged rows the noise has among the suspicious ones."""
    log, _ = clean(build_interactions(table))
    suspicious = make_report(log, settings, judge=judge, n_threads=2).suspicious.place
    judged = np.concatenate([fold.judge for fold in plan_folds(log, settings)])
    return noise[log.row[suspicious]].mean() / noise[log.row[judged]].mean()


@pytest.mark.parametrize("seed", [5, 6])
def test_slips_onto_any_item_are_suspicious(seed):
    shop = simulate_shop(150, 200, 6000, noise=0.0, random_state=seed)
    rng = np.random.default_rng(seed)
    slip = rng.random(6000) < 0.1
    items = shop.item_ids.take(pa.array(np.where(slip, rng.integers(0, 200, 6000), shop.item_index)))
    table = shop.log.set_column(shop.log.column_names.index("item_id"), "item_id", items)
    assert enrichment(table, slip, Settings(importance="consensus")) > 2


def test_accidents_on_popular_items_are_a_little_enriched():
    """By the affinity of ALS and over several shops; more is not to be promised, as they look like taste."""
    shops = [simulate_shop(150, 200, 6000, random_state=seed) for seed in (5, 6, 7)]
    assert np.mean([enrichment(shop.log, shop.accidental, SETTINGS) for shop in shops]) > 1.15
    by_taste = [enrichment(shop.log, shop.accidental, SETTINGS, "taste") for shop in shops]
    assert min(by_taste) > 2


def test_the_whole_log_is_accounted_for(shop, found):
    log, report = found
    assert report.n_rows == shop.log.num_rows == len(log)
    assert 0 < report.n_judged < report.n_rows
    assert report.importance.mean() == pytest.approx(1, abs=1e-3)
    for means in (report.users, report.items.means):
        assert means.n.sum() == report.n_judged
        assert means.share.sum() == pytest.approx(1)


@pytest.mark.parametrize("order", list(Order))
def test_the_numbers_are_those_of_weighing(order):
    log = random_log(order)
    report = make_report(log, TINY, n_threads=1)
    consensus, attention = (weigh(log, settings, n_threads=1).importance for settings in (BY_CONSENSUS, TINY))
    np.testing.assert_array_equal(report.suspicious.importance, consensus[report.suspicious.place])
    top = report.items.top
    own = attention[log.item_index == report.items.means.group[0]]
    assert top.importance[0] in own
    assert (report.scheme, report.judge) == ("attention", "consensus")
    by_taste = make_report(log, TINY, judge="taste", n_threads=1)
    taste = weigh(log, msgspec.structs.replace(TINY, importance="taste"), n_threads=1).importance
    np.testing.assert_array_equal(by_taste.suspicious.importance, taste[by_taste.suspicious.place])
    assert by_taste.judge == "taste"


def test_where_all_rows_are_alike_none_is_suspicious():
    """The set tells of no accidents, so the judge of accidents has nothing to say of any row."""
    log, _ = clean(build_interactions(simulate_shop(100, 200, 5000, 0.0, random_state=1).log))
    report = make_report(log, SETTINGS, judge="taste", n_threads=2)
    np.testing.assert_array_equal(report.importance, 1)
    tables = report_tables(log, report)
    assert tables["suspicious.parquet"].num_rows == 0 < tables["items.parquet"].num_rows
    page = page_html(report, tables, name="log", top=10)
    assert "There are none: all rows weigh alike." in page


def test_tables_have_the_ids_times_and_events_of_the_log():
    table = random_table(name=lambda index: f"id {index}")
    table = table.append_column("event", pa.array(["view", None, "cart"] * 110))
    log, _ = clean(build_interactions(table))
    report = make_report(log, BY_CONSENSUS, top=30, n_threads=1)
    tables = report_tables(log, report)
    rows = tables["suspicious.parquet"].to_pylist()
    assert len(rows) == 30
    for row in rows:
        assert {name: row[name] for name in table.column_names} == table.slice(row["row"] - 1, 1).to_pylist()[
            0
        ]
    items = tables["items.parquet"].to_pylist()
    assert all(1 <= len(item["top_users"]) <= TOP_USERS for item in items)
    assert all(user.startswith("id ") for item in items for user in item["top_users"])
    counts = dict(zip(*np.unique(table["item_id"].to_pylist(), return_counts=True), strict=True))
    assert {item["item_id"]: item["n_rows"] for item in items}.items() <= counts.items()


def test_what_cannot_be_reported_on_is_said():
    with pytest.raises(SettingsError, match="judge is 'attention'; give one of consensus, taste"):
        make_report(random_log(), TINY, judge="attention")
    with pytest.raises(SettingsError, match="importance is 'none'"):
        make_report(random_log(), msgspec.structs.replace(TINY, importance="none"))
    with pytest.raises(DataError, match="no row of the log can be judged"):
        make_report(encoded(random_table(n_rows=30)), BY_CONSENSUS, n_threads=1)


@pytest.mark.parametrize(
    "importance", [[1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 3.0], np.random.default_rng(0).lognormal(-0.5, 1, 5000)]
)
def test_the_histogram_counts_every_row(importance):
    drawing = histogram(histogram_of(np.array(importance)))
    svg = inline(drawing, key="h", title="all rows", description="<&>")
    assert '<desc id="h-text">&lt;&amp;&gt;</desc>' in svg
    counts = [int(n.replace(",", "")) for n in re.findall(r": ([\d,]+) rows<", svg)]
    assert len(counts) == N_BARS
    assert sum(counts) == len(importance)
    heights = [float(height) for height in re.findall(r'<rect [^>]* height="([\d.]+)"', svg)]
    assert heights.index(max(heights)) == counts.index(max(counts))


def test_values_become_text():
    assert moment(1_735_689_600.9) == "2025-01-01 00:00:00"
    assert moment(-86_400.0) == "1969-12-31 00:00:00"
    assert moment(1e13) == "10000000000000"
    assert escaped(None) == ""
    assert escaped("caf\udce9") == "<bdi>caf?</bdi>"
    assert escaped('a<b>&\n"') == "<bdi>a&lt;b&gt;&amp;\ufffd&quot;</bdi>"
    assert top_users(["<", 7], [1, 20], [3, 4000]) == "<bdi>&lt;</bdi> (1 of 3), <bdi>7</bdi> (20 of 4,000)"


TABLES = {name: pa.table({"user_id": ["a"]}) for name in FILES if name.endswith(".parquet")}


def test_a_report_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    write_report(TABLES, "old", tmp_path / "new")

    def broken(table, path):
        if path.name == "items.parquet":
            raise KeyboardInterrupt
        pq.write_table(pa.table({"user_id": ["b"]}), path)

    monkeypatch.setattr("samplew_gbm.report.writing.write_table", broken)
    for folder in (tmp_path / "new", tmp_path / "other"):
        with pytest.raises(KeyboardInterrupt):
            write_report(TABLES, "new", folder)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(FILES)
    assert (tmp_path / "new" / "index.html").read_text() == "old"
    assert pq.read_table(tmp_path / "new" / "users.parquet").to_pylist() == [{"user_id": "a"}]


def test_a_report_replaces_an_older_one_also_through_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for page in ("old", "né <new>"):
        write_report(TABLES, page, tmp_path / "link")
    assert (tmp_path / "real" / "index.html").read_bytes() == "né <new>".encode()
    assert sorted(path.name for path in (tmp_path / "real").iterdir()) == sorted(FILES)


def test_a_folder_of_others_is_refused_by_the_writer_too(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="holds other things than a report"):
        write_report(TABLES, "page", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
