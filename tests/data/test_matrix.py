"""A feature matrix: the same from every form and in any order of its queries, and refused with its place."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.columns import MatrixColumns
from samplew_gbm.data.matrix import RankingMatrix, read_matrix, read_matrix_like
from samplew_gbm.data.matrix_columns import LARGEST_LABEL
from samplew_gbm.data.matrix_rows import read_matrix_rows
from samplew_gbm.data.writing import write_table
from samplew_gbm.errors import DataError, SchemaError, SettingsError

NAN = float("nan")
ENDINGS = ("parquet", "csv", "tsv", "csv.gz", "jsonl", "jsonl.gz")


def small(**columns: Any) -> pa.Table:
    """Two queries, the rows of the first apart; ``columns`` are added or replaced, None leaves one out."""
    found = {
        "query_id": ["b", "a", "b", "a", "a"],
        "label": [1, 0, 0, 2, 0],
        "price": [0.5, None, -1.25, 1e-07, 3e20],
        "clicks": [7, 8, 9, 10, None],
        **columns,
    }
    return pa.table({name: column for name, column in found.items() if column is not None})


def assert_small(matrix: RankingMatrix) -> None:
    assert matrix.encoding.names == ("price", "clicks")
    assert matrix.encoding.categories == {}
    assert list(matrix.ids) == ["query_id"]
    first, second = matrix.ids["query_id"].to_pylist()[:2]
    assert matrix.ids["query_id"].to_pylist() == [first, second, first, second, second]
    assert matrix.label is not None
    assert matrix.label.tolist() == [1, 0, 0, 2, 0]
    expected = [[0.5, 7], [NAN, 8], [-1.25, 9], [1e-7, 10], [3e20, NAN]]
    np.testing.assert_array_equal(matrix.features, np.float32(expected))
    assert len(matrix) == 5
    assert (matrix.features.dtype, matrix.label.dtype) == (np.float32, np.int32)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_gives_the_same(ending: str, tmp_path: Path) -> None:
    table = small(weight=[1.0, 0.5, 2.0, 0.0, 1e-3], position=[1, 2, 2, 1, 3])
    write_table(table, tmp_path / f"m.{ending}")
    matrix = read_matrix(tmp_path / f"m.{ending}")
    assert_small(matrix)
    assert matrix.weight is not None
    assert matrix.position is not None
    assert matrix.weight.tolist() == [1.0, 0.5, 2.0, 0.0, 1e-3]
    assert matrix.position.tolist() == [1, 2, 2, 1, 3]
    assert (matrix.weight.dtype, matrix.position.dtype) == (np.float64, np.int32)


def test_tables_in_memory_are_read_too() -> None:
    assert_small(read_matrix(small()))
    assert_small(read_matrix(small().to_pandas()))
    assert_small(read_matrix(small().to_pydict()))
    assert read_matrix(small()).weight is None
    assert read_matrix(small()).position is None


def test_a_folder_is_read_as_one_and_a_query_may_span_its_files(tmp_path: Path) -> None:
    pq.write_table(small().slice(0, 3), tmp_path / "part-0.parquet")
    pq.write_table(small().slice(3), tmp_path / "part-1.parquet")
    assert_small(read_matrix(tmp_path))


def test_a_column_that_one_file_lacks_is_said(tmp_path: Path) -> None:
    for lacking, names in (("clicks", ["clicks"]), ("weight", ["weight"])):
        full = small(weight=[1.0] * 5)
        pq.write_table(full, tmp_path / "part-0.parquet")
        pq.write_table(full.drop_columns(names), tmp_path / "part-1.parquet")
        with pytest.raises(SchemaError, match=rf"part-1.parquet: no column '{lacking}', which .*part-0"):
            read_matrix(tmp_path)


@pytest.mark.parametrize(
    "ids",
    [
        ["b", "a"],
        [2, 1],
        ["007", "7"],
        [2**63 - 1, -(2**63)],
        [2.0, 1.0],
        ["9" * 30, "9" * 29 + "8"],
        [" x", "x"],
    ],
)
@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_query_ids_are_names_and_never_rounded(ids: list[Any], ending: str, tmp_path: Path) -> None:
    first, second = ids
    write_table(small(query_id=[first, second, first, second, second]), tmp_path / f"m.{ending}")
    read = read_matrix(tmp_path / f"m.{ending}")
    assert_small(read)
    assert read.ids["query_id"].to_pylist()[0] in (first, str(first))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_rows_of_each_query(queries: list[int], chance: Any) -> None:
    order = list(range(len(queries)))
    chance.shuffle(order)
    read = read_matrix_rows({"query_id": [queries[n] for n in order], "label": order})
    assert sorted(read.row.tolist()) == list(range(len(order)))
    assert read.label.tolist() == [order[row] for row in read.row]
    seen = []
    for start, stop in zip(read.indptr[:-1], read.indptr[1:], strict=True):
        rows = read.row[start:stop].tolist()
        assert rows == sorted(rows)
        (query,) = {queries[order[row]] for row in rows}
        seen.append(query)
    assert seen == list(dict.fromkeys(queries[n] for n in order))


def test_features_of_every_kind_of_number() -> None:
    columns = {
        "small": pa.array([1, 2, 3, 4, None], pa.uint8()),
        "flag": [True, False, None, True, False],
        "half": pa.array(np.float16([1, 2, 3, 4, 5])),
        "nothing": pa.nulls(5),
        "price": pa.array([1, 2, 3, 4, 5], pa.int64()).cast(pa.decimal128(21, 2)),
    }
    read = read_matrix(small(**columns))
    assert read.encoding.names == ("price", "clicks", "small", "flag", "half", "nothing")
    assert read.features[:, 0].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(read.features[:, 3], np.float32([1, 0, NAN, 1, 0]))
    assert np.isnan(read.features[:, 5]).all()


def test_columns_can_be_named_and_left_out() -> None:
    names = MatrixColumns("qid", "grade", "w", "place", "who", "what")
    renamed = {"query_id": None, "label": None, "qid": ["b", "a", "b", "a", "a"], "grade": [1, 0, 0, 2, 0]}
    ids = {"who": ["u", "v", "u", "v", "v"], "what": [5, 4, 3, 2, 1]}
    table = small(**renamed, **ids, w=[1.0] * 5, place=[1] * 5, note=["text"] * 5)
    read = read_matrix(table, columns=names, leave_out=["note"])
    assert {name: column.to_pylist() for name, column in read.ids.items()} == {
        "query_id": renamed["qid"],
        "user_id": ids["who"],
        "item_id": ids["what"],
    }
    assert_small(replace(read, ids={"query_id": read.ids["query_id"]}))
    assert read.weight is not None
    with pytest.raises(SchemaError, match="no column 'nope' among"):
        read_matrix(table, columns=names, leave_out=["nope"])
    with pytest.raises(SchemaError, match=r"no column 'w' among .*--weight-column"):
        read_matrix(small(), columns=MatrixColumns(weight="w"))
    with pytest.raises(SettingsError, match="--query-column and --label-column both name column 'x'"):
        read_matrix(small(), columns=MatrixColumns("x", "x"))


BAD: dict[str, tuple[dict[str, Any], type[DataError], str]] = {
    "no query column": ({"query_id": None}, SchemaError, "no column 'query_id'.*--query-column"),
    "no label column": ({"label": None}, SchemaError, "no column 'label'.*--label-column"),
    "no query": ({"query_id": ["a", None, "a", "b", ""]}, DataError, "'query_id' has no id in rows? 2"),
    "no label": ({"label": [0, 1, None, 0, None]}, DataError, "'label' has no label in rows 3 and 5"),
    "half a label": ({"label": [0.0, 1.0, 0.5, 0.0, 1.0]}, DataError, "'label' is not a whole .* row 3"),
    "infinite label": ({"label": [0.0, 1.0, math.inf, 0.0, 1.0]}, DataError, "'label' is not .* row 3"),
    "negative label": ({"label": [0, -1, 0, 1, 1]}, DataError, "'label' is not from 0 to 30 in row 2"),
    "large label": ({"label": [0, 31, 0, 30, 1]}, DataError, "'label' is not from 0 to 30 in row 2"),
    "text label": ({"label": ["1", "0", "0", "good", "0"]}, SchemaError, "'label'.*write it as numbers"),
    "no weight": ({"weight": [1.0, None, 1.0, 1.0, 1.0]}, DataError, "'weight' is missing.* row 2"),
    "nan weight": ({"weight": [1.0, NAN, 1.0, 1.0, 1.0]}, DataError, "'weight' is missing.* row 2"),
    "negative weight": ({"weight": [1.0, 1.0, -1.0, -2.0, 1.0]}, DataError, "'weight' .* rows 3 and 4"),
    "no weight at all": ({"weight": [0.0] * 5}, DataError, "'weight' is 0 in every row"),
    "place 0": ({"position": [0, 1, 2, 3, 4]}, DataError, "'position' is no place from 1 on in row 1"),
    "no place": ({"position": [1, None, 2, 3, 4]}, DataError, "'position' is no place .* in row 2"),
    "huge": ({"price": [1.0, -1e39, 1.0, 1.0, 1e39]}, DataError, "'price' is .* too large in rows 2 and 5"),
    "only ids": (
        {"price": None, "clicks": None},
        SchemaError,
        "no feature columns among 'query_id', 'label'",
    ),
    "misnamed": ({"Label": [0] * 5, "label": None}, SchemaError, "did you mean --label-column 'Label'"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_what_cannot_be_trained_on_is_refused_with_its_place(name: str, ending: str, tmp_path: Path) -> None:
    columns, kind, message = BAD[name]
    write_table(small(**columns), tmp_path / f"m.{ending}")
    with pytest.raises(kind, match=rf"m\.{ending}: .*{message}") as caught:
        read_matrix(tmp_path / f"m.{ending}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["dates", "lists"])
def test_what_is_no_feature_is_named(kind: str, tmp_path: Path) -> None:
    column = {"dates": pa.array([0, 1, 2, 3, 4], pa.timestamp("us")), "lists": pa.array([[1.0]] * 5)}[kind]
    pq.write_table(small(thing=column), tmp_path / "m.parquet")
    with pytest.raises(SchemaError, match=r"m.parquet: column 'thing' is .*; leave it out by --leave-out"):
        read_matrix(tmp_path / "m.parquet")


BRANDS = ["x", "10", "y", None, "x"]


def categories(matrix: RankingMatrix, name: str) -> list[Any]:
    return matrix.encoding.categories[name].ids.to_pylist()


@pytest.mark.parametrize("packed", [False, True])
def test_text_and_categories_are_categories(packed: bool) -> None:
    brands = pa.array(BRANDS)
    read = read_matrix(small(brand=brands.dictionary_encode() if packed else brands))
    assert categories(read, "brand") == ["10", "x", "y"]
    np.testing.assert_array_equal(read.features[:, 2], np.float32([1, 0, 2, NAN, 1]))


def test_numbers_are_categories_where_that_is_said(tmp_path: Path) -> None:
    write_table(small(brand=[12, 7, 12, None, 3]), tmp_path / "m.csv")
    read = read_matrix(tmp_path / "m.csv", categorical=["brand"])
    assert categories(read, "brand") == ["12", "3", "7"]
    table = read_matrix(small(brand=[12, 7, 12, None, 3]), categorical=["brand"])
    assert categories(table, "brand") == [3, 7, 12]
    np.testing.assert_array_equal(table.features[:, 2], np.float32([2, 1, 2, NAN, 0]))
    with pytest.raises(SchemaError, match=r"no column 'band' among .*; did you mean --categorical 'brand'"):
        read_matrix(tmp_path / "m.csv", categorical=["band"])


def test_a_file_of_text_has_numbers_or_categories_and_no_mixture(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("query_id,label,x,c\na,0,1,p\na,1,nan,q\nb,0,1e-05,\nb,1,NA,p\n")
    with pytest.raises(SchemaError, match=r"m.csv: column 'x' holds 'NA' in row 4, .*--categorical x"):
        read_matrix(tmp_path / "m.csv")
    assert categories(read_matrix(tmp_path / "m.csv", categorical=["x"]), "x") == ["1", "1e-05", "NA", "nan"]
    (tmp_path / "m.csv").write_text("query_id,label,x,c\na,0,1,p\na,1,nan,q\nb,0,1e-05,\nb,1,,p\n")
    read = read_matrix(tmp_path / "m.csv")
    np.testing.assert_array_equal(read.features[:, 0], np.float32([1, NAN, 1e-5, NAN]))
    assert categories(read, "c") == ["p", "q"]


def test_space_around_numbers_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("query_id,label,x,y\na, 0, 1,p\na, 1,2.5 ,q\n")
    read = read_matrix(tmp_path / "m.csv")
    assert read.label is not None
    assert read.label.tolist() == [0, 1]
    assert read.features[:, 0].tolist() == [1, 2.5]
    assert categories(read, "y") == ["p", "q"]
    (tmp_path / "m.csv").write_text("query_id,label,x\na, 0, 1\na, 1, l\n")
    with pytest.raises(SchemaError, match="column 'x' holds 'l' in row 2, which is not a number, though"):
        read_matrix(tmp_path / "m.csv")


def test_text_that_is_another_in_most_rows_is_no_category() -> None:
    def titled(n_rows: int, n_titles: int) -> dict[str, Any]:
        titles = [f"thing {row % n_titles}" for row in range(n_rows)]
        return {"query_id": [1] * n_rows, "label": [0] * n_rows, "title": titles}

    message = (
        "'title' has 400 different values in 700 rows, and categories repeat; leave it out by --leave-out"
    )
    with pytest.raises(SchemaError, match=message):
        read_matrix(titled(700, 400))
    assert len(categories(read_matrix(titled(700, 400), categorical=["title"]), "title")) == 400
    assert len(categories(read_matrix(titled(800, 400)), "title")) == 400
    assert len(categories(read_matrix(titled(100, 100)), "title")) == 100


def test_what_is_not_used_is_not_read(tmp_path: Path) -> None:
    text = "query_id,label,x,junk\na,0,1,caf\xe9\na,1,2,\xff\n"
    (tmp_path / "m.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match="column 'junk' is not UTF-8 text in row 1"):
        read_matrix(tmp_path / "m.csv")
    read = read_matrix(tmp_path / "m.csv", leave_out=["junk"])
    assert read.features[:, 0].tolist() == [1, 2]
    again = read_matrix_like(tmp_path / "m.csv", read.encoding, labelled=True)
    np.testing.assert_array_equal(again.features, read.features)


def test_categories_are_those_of_all_files_of_a_folder(tmp_path: Path) -> None:
    write_table(small(brand=["1.50"] * 5), tmp_path / "part-0.csv")
    write_table(small(brand=["x"] * 5), tmp_path / "part-1.csv")
    with pytest.raises(SchemaError, match=r"part-1.csv: column 'brand' holds 'x' in row 1"):
        read_matrix(tmp_path)
    assert categories(read_matrix(tmp_path, categorical=["brand"]), "brand") == ["1.50", "x"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_further_rows_are_read_as_the_ones_learned_from(ending: str, tmp_path: Path) -> None:
    learned = read_matrix(small(brand=BRANDS)).encoding
    columns = {"brand": ["10", "10", "10", "10", None], "label": None, "other": list("abcde")}
    table = small(**columns, item_id=[5, 6, 7, 8, None])
    write_table(table.select(table.column_names[::-1]), tmp_path / f"m.{ending}")
    read = read_matrix_like(tmp_path / f"m.{ending}", learned, labelled=False)
    assert (read.label, read.weight, read.position) == (None, None, None)
    assert read.ids["item_id"].to_pylist() == [5, 6, 7, 8, None]  # only carried along
    np.testing.assert_array_equal(read.features[:, 2], np.float32([0, 0, 0, 0, NAN]))
    np.testing.assert_array_equal(read.features[:, 0], np.float32([0.5, NAN, -1.25, 1e-7, 3e20]))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"price": None},
            r"m.csv: lacks the columns 'price' of the model; give them, with no value",
        ),
        (
            {"clicks": None, "Clicks": [1] * 5},
            r"m.csv: lacks the columns 'clicks' of the model; give",
        ),
        ({"price": ["1", "2", "x", "4", "5"]}, r"m.csv: column 'price' holds 'x' in row 3, which is not a"),
        ({"brand": ["x", "z", "10", "y", "w"]}, r"m.csv: column 'brand' has a category .* rows 2 and 5; map"),
        ({"label": [0, 1, 2, 31, 0]}, r"m.csv: column 'label' is not from 0 to 30 in row 4"),
        ({"query_id": None}, "no column 'query_id' among .*--query-column"),
    ],
)
def test_further_rows_that_do_not_fit_are_refused(
    columns: dict[str, Any], message: str, tmp_path: Path
) -> None:
    learned = read_matrix(small(brand=BRANDS)).encoding
    write_table(small(**{"brand": BRANDS, **columns}), tmp_path / "m.csv")
    with pytest.raises(DataError, match=message) as caught:
        read_matrix_like(tmp_path / "m.csv", learned, labelled=True)
    assert "\n" not in str(caught.value)


def test_a_category_that_was_not_met_can_be_missing() -> None:
    learned = read_matrix(small(brand=BRANDS)).encoding
    table = small(brand=["x", "z", "10", "y", "w"])
    read = read_matrix_like(table, learned, labelled=True, unknown="missing")
    np.testing.assert_array_equal(read.features[:, 2], np.float32([1, NAN, 0, 2, NAN]))
    assert read.n_unknown == {"brand": 2}
    none = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, None, 1]), pa.array(["x", None]))
    for known in (BRANDS, none):  # a row without one has none that is unknown
        assert read_matrix_like(small(brand=known), learned, labelled=True).n_unknown == {}
    assert read_matrix_like(table, learned, labelled=False, unknown="missing", where=["label>0"]).ids[
        "query_id"
    ].to_pylist() == ["b", "a"]


def test_an_empty_file_is_said(tmp_path: Path) -> None:
    pacsv.write_csv(small().slice(0, 0), tmp_path / "m.csv")
    with pytest.raises(DataError, match=r"m.csv: holds no rows"):
        read_matrix(tmp_path / "m.csv")


def test_rows_are_read_without_being_judged_and_without_their_features(tmp_path: Path) -> None:
    columns = {"label": [0.5, None, -1, 99, math.inf], "weight": [NAN, -1, 0, math.inf, None]}
    pq.write_table(small(**columns, position=[0, 1, 2, 3, None], brand=list("abcde")), tmp_path / "m.parquet")
    rows = read_matrix_rows(tmp_path / "m.parquet")
    np.testing.assert_array_equal(rows.label, [0.5, -1, NAN, 99, math.inf])
    np.testing.assert_array_equal(rows.weight, [NAN, 0, -1, math.inf, NAN])
    np.testing.assert_array_equal(rows.position, [0, 2, 1, 3, NAN])
    assert rows.row.tolist() == [0, 2, 1, 3, 4]


def test_the_largest_label_is_lightgbms() -> None:
    import lightgbm as lgb

    features, group = np.arange(40.0).reshape(-1, 1), [20, 20]
    for label, accepted in ((LARGEST_LABEL, True), (LARGEST_LABEL + 1, False)):
        data = lgb.Dataset(features, [label] + [0] * 39, group=group, params={"verbosity": -1})
        parameters = {"objective": "lambdarank", "verbosity": -1, "num_threads": 1}
        if accepted:
            lgb.train(parameters, data, 1)
        else:
            with pytest.raises(lgb.basic.LightGBMError, match="number of label mappings"):
                lgb.train(parameters, data, 1)
