"""A fitted ranker comes back from its file as it was, and what is no such file is refused in one line."""

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import LGBMRanker
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from samplew_gbm import ImportanceRanker, load_model, save_model, train
from samplew_gbm.bundle import read_bundle, write_bundle
from samplew_gbm.data.encoding import Encoding
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.matrix import read_matrix
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import BundleError, DataError
from samplew_gbm.estimator.parameters import NOT_KEPT
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_report import OWN, MatrixReport
from samplew_gbm.pipeline.matrix_storage import matrix_model_in, save_matrix_model
from samplew_gbm.ranking.ranker import Ranker
from tests.estimators.matrices import ranker, search
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded

ROWS = search()


def colours(n):
    return np.array(["red", "green", "blue"])[np.arange(n) % 3]


def table(rows, *, seed=0):
    """The features as a table of numbers with gaps, and of categories of text and of numbers."""
    found = pd.DataFrame(rows.X, columns=["match", "unit price", "age", "clicks"])
    found.loc[np.random.default_rng(seed).random(len(found)) < 0.1, "age"] = np.nan
    found["colour"] = colours(len(found))
    found["size"] = pd.Categorical(np.arange(len(found)) % 4)
    return found


FITTED = {
    "an array": lambda: ranker().fit(ROWS.X, ROWS.y, **ROWS.ids),
    "a table": lambda: ranker(gate=False).fit(table(ROWS), ROWS.y, query_id=ROWS.query_id),
    "NumPy's parameters": lambda: ranker(n_trees=np.int64(5)).fit(ROWS.X, ROWS.y, **ROWS.ids),
    "without weights": lambda: ranker(importance="none").fit(ROWS.X, ROWS.y, query_id=ROWS.query_id),
    "names that LightGBM cannot write": lambda: ranker().fit(
        table(ROWS).rename(columns={"age": "age:days", "match": ""}), ROWS.y, query_id=ROWS.query_id
    ),
    "a caller's ranker": lambda: ranker(
        estimator=LGBMRanker(n_estimators=12, min_child_samples=5, verbosity=-1)
    ).fit(table(ROWS), ROWS.y, query_id=ROWS.query_id),
    "a probability": lambda: ranker(objective="binary").fit(ROWS.X, ROWS.y > 0, query_id=ROWS.query_id),
}  # fmt: skip


def features_like(found):
    rows = search(n_queries=40, seed=5)
    if not hasattr(found, "feature_names_in_"):
        return rows.X
    return table(rows, seed=5).set_axis(list(found.feature_names_in_), axis=1)


@pytest.mark.parametrize("kind", FITTED)
def test_what_was_saved_comes_back(kind, tmp_path):
    found = FITTED[kind]()
    found.save(tmp_path / "a.swg")
    back = ImportanceRanker.load(tmp_path / "a.swg")
    X = features_like(found)
    np.testing.assert_array_equal(back.predict(X), found.predict(X))
    np.testing.assert_array_equal(back.feature_importances_, found.feature_importances_)
    assert (back.ranker_.text, back.ranker_.names) == (found.ranker_.text, found.ranker_.names)
    assert (back.report_, back.verdict_) == (found.report_, found.verdict_)
    assert back.n_features_in_ == found.n_features_in_
    assert list(getattr(back, "feature_names_in_", [])) == list(getattr(found, "feature_names_in_", []))
    kept = {name: value for name, value in found.get_params(deep=False).items() if name not in NOT_KEPT}
    assert {name: value for name, value in back.get_params().items() if name not in NOT_KEPT} == kept
    back.save(tmp_path / "b.swg")
    assert (tmp_path / "a.swg").read_bytes() == (tmp_path / "b.swg").read_bytes()


def test_the_report_says_what_was_learned_from(tmp_path):
    for name, judge in (("an array", "embeddings"), ("a table", "scores"), ("without weights", "nobody")):
        report = FITTED[name]().report_
        assert (report.n_rows, report.n_queries, report.judge) == (1200, 120, judge)
        assert report.n_positives == np.count_nonzero(ROWS.y > 0)
    assert FITTED["an array"]().report_.n_users == 40
    assert FITTED["a caller's ranker"]().report_.learner == "LGBMRanker"
    assert FITTED["a table"]().report_.effective_sample_size < 1


def test_equal_rankers_give_equal_bytes_for_any_threads_and_order_of_rows(tmp_path):
    order = np.random.default_rng(1).permutation(len(ROWS.y))
    for place, (rows, n_threads) in enumerate([(ROWS, 1), (ROWS, 2), (ROWS.take(order), 1)]):
        ranker(n_threads=n_threads).fit(rows.X, rows.y, **rows.ids).save(tmp_path / f"{place}.swg")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_a_ranker_that_came_back_is_an_estimator_like_any_other(tmp_path):
    FITTED["a table"]().save(tmp_path / "a.swg")
    back = ImportanceRanker.load(tmp_path / "a.swg").set_params(n_threads=1)
    again = clone(back).fit(table(ROWS), ROWS.y, query_id=ROWS.query_id)
    assert again.ranker_.text == back.ranker_.text
    strange = table(ROWS).assign(colour="pink")
    with pytest.raises(DataError, match="column 'colour' has a category that fit has not met in rows 1, 2"):
        back.predict(strange)
    assert np.isfinite(back.set_params(unknown_category="missing").predict(strange)).all()
    with pytest.raises(ValueError, match="feature names"):
        back.predict(strange.drop(columns="age"))


def test_a_matrix_that_was_read_trains_the_same_bytes(tmp_path):
    given = {"query_id": ROWS.query_id, "label": ROWS.y, "user_id": ROWS.user_id, "item_id": ROWS.item_id}
    source = pa.table(
        {**given, **{name: table(ROWS)[name].to_numpy() for name in ("match", "age", "clicks")}}
    )
    X = source.drop_columns(list(given))
    read = ranker().fit_read(read_matrix(source))
    for name, found in (("read", read), ("given", ranker().fit(X, ROWS.y, **ROWS.ids))):
        found.save(tmp_path / name)
    assert (tmp_path / "read").read_bytes() == (tmp_path / "given").read_bytes()
    np.testing.assert_array_equal(read.predict(X), ranker().fit(X, ROWS.y, **ROWS.ids).predict(X))
    alone = ranker().fit_read(read_matrix(source.drop_columns(["user_id"])))
    assert alone.report_.judge == "scores"


@pytest.fixture
def saved(tmp_path):
    FITTED["a table"]().save(tmp_path / "a.swg")
    return tmp_path / "a.swg"


def test_a_bundle_of_the_other_kind_is_refused_by_both(saved, tmp_path):
    with pytest.raises(BundleError, match=r"a\.swg: holds a model of a ready feature matrix, .* inspect"):
        load_model(saved)
    model = train(encoded(checkerboard(), Order.CLOCK, n_users=40, n_items=30), TINY, gate=False, n_threads=1)
    save_model(model, tmp_path / "log.swg")
    with pytest.raises(BundleError, match=r"log\.swg: holds a model of a log, which load_model reads"):
        ImportanceRanker.load(tmp_path / "log.swg")
    write_bundle(tmp_path / "other.swg", {"header": {"kind": "soup"}})
    with pytest.raises(BundleError, match=r"other\.swg: holds a soup, not a samplew_gbm model of a matrix"):
        ImportanceRanker.load(tmp_path / "other.swg")


def test_an_unfitted_ranker_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        ranker().save(tmp_path / "a.swg")
    assert list(tmp_path.iterdir()) == []


def forged(saved, **changes):
    """The same file with other members or other parts of its header, all hashes right."""
    bundle = read_bundle(saved)
    members = {"header": bundle.json("header"), "ranker": bundle.raw("ranker")}
    members |= {name: bundle.column(name) for name in bundle.names() if name.startswith("categories")}
    for name, value in changes.items():
        if name in members:
            members[name] = value
        else:
            members["header"][name] = value
    write_bundle(saved, members)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": ["a", "b"]}, "2 columns, 6 gains, and a ranker of 6"),
        ({"columns": ["a"] * 6}, "its columns are none, or not distinct"),
        ({"columns": []}, "its columns are none"),
        ({"gain": [1.0] * 5}, "6 columns, 5 gains"),
        ({"ranker": b"tree\n"}, "a ranker of 1"),
        ({"ranker": b"\xff"}, "do not fit together"),
        ({"parameters": {"n_trees": 0}}, "its parameters do not fit .n_trees is 0"),
        ({"parameters": {"depth": 3}}, "its parameters do not fit .*depth"),
        ({"report": {}}, "member header cannot be read"),
        ({"shoe": 1}, "member header cannot be read"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(changes, message, saved):
    forged(saved, **changes)
    with pytest.raises(BundleError, match=message) as caught:
        ImportanceRanker.load(saved)
    assert str(saved) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_refused_before_it_is_parsed(saved):
    content = saved.read_bytes()
    for damaged in (content[:-9], content[:300] + b"x" + content[301:], b""):
        saved.write_bytes(damaged)
        with pytest.raises(BundleError, match=r"a\.swg"):
            ImportanceRanker.load(saved)


REPORT = {
    **dict.fromkeys(("n_rows", "n_queries", "n_positives", "n_trees"), 1),
    "n_users": None,
    "learner": OWN,
    "judge": "scores",
    "own_weights": False,
    "effective_sample_size": 1.0,
    "verdict": None,
}
WORDS = st.text(min_size=0, max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(WORDS, min_size=1, max_size=4, unique=True),
    values=st.sets(WORDS) | st.sets(st.integers(-(2**63), 2**63 - 1)),
    data=st.data(),
)
def test_columns_and_categories_of_any_name_come_back(names, values, data, tmp_path_factory):
    known = Vocabulary.from_values(pa.array(sorted(values), None if values else pa.string()))
    categories = {name: known for name in names if data.draw(st.booleans())}
    encoding = Encoding(tuple(names), categories, True)
    plain = encoding.plain_names
    text = f"tree\nfeature_names={' '.join(name.replace(' ', '_') for name in plain)}\n"
    gain = {name: float(place) for place, name in enumerate(plain)}
    report = msgspec.convert(REPORT, MatrixReport)
    model = MatrixModel({}, encoding, Ranker(text, plain, 1, gain), report)
    path = tmp_path_factory.mktemp("any") / "m.swg"
    save_matrix_model(model, path)
    back = matrix_model_in(read_bundle(path))
    assert back.encoding.names == encoding.names
    assert back.n_categories == model.n_categories
    assert all(back.encoding.categories[name].ids.equals(known.ids) for name in categories)
    assert (back.feature_gain, back.report) == (model.feature_gain, report)


def test_a_header_is_plain_json(saved):
    header = read_bundle(saved).json("header")
    assert header["parameters"]["n_trees"] == 15
    assert not set(NOT_KEPT) & set(header["parameters"])
    assert msgspec.json.decode(msgspec.json.encode(header)) == header
