"""Ready vectors: every way they may come gives the same table, and bad ones are refused by name."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.vectors import read_vectors
from samplew_gbm.errors import DataError, SchemaError, SettingsError

IDS = ["b", "a", "ç"]
VECTORS = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [0.0, 0.0, 0.5]])
ROWS = list(VECTORS)
LISTS = pa.table({"item_id": IDS, "embedding": ROWS, "title": ["x", "y", "z"]})
WIDE = {"item_id": IDS, **{f"d{place}": VECTORS[:, place] for place in range(3)}}


def written(folder, name, values):
    np.save(folder / name, values)
    return folder / name


def parquet(folder):
    pq.write_table(LISTS, folder / "table.parquet")
    return folder / "table.parquet"


def csv(folder):
    pd.DataFrame(WIDE).to_csv(folder / "table.csv", index=False)
    return folder / "table.csv"


def jsonl(folder):
    pd.DataFrame({"item_id": IDS, "embedding": ROWS}).to_json(
        folder / "table.jsonl", orient="records", lines=True
    )
    return folder / "table.jsonl"


def npy_beside(ending):
    def source(folder):
        if ending == ".npy":
            written(folder, "clip.ids.npy", np.array(IDS))
        else:
            (folder / f"clip.ids{ending}").write_text("id\n" + "\n".join(IDS) + "\n", encoding="utf-8")
        return str(written(folder, "clip.npy", VECTORS.astype(np.float16)))

    return source


def npz(folder):
    np.savez(folder / "clip.npz", ids=np.array(IDS), vectors=VECTORS)
    return folder / "clip.npz"


def fixed_lists(_):
    return LISTS.set_column(1, "embedding", LISTS["embedding"].cast(pa.list_(pa.float32(), 3)))


@pytest.mark.parametrize(
    "source",
    [
        parquet, csv, jsonl, npz, fixed_lists,
        npy_beside(".npy"), npy_beside(".csv"),
        lambda _: LISTS, lambda _: LISTS.to_pandas(), lambda _: pl.from_arrow(LISTS), lambda _: WIDE,
        lambda _: pd.DataFrame(WIDE), lambda _: dict(zip(IDS, ROWS, strict=True)), lambda _: (IDS, VECTORS),
        lambda _: (pa.array(IDS), ROWS),
    ],
)  # fmt: skip
def test_every_way_to_give_vectors_gives_the_same_table(source, tmp_path):
    found = read_vectors(source(tmp_path))
    assert found.ids.ids.to_pylist() == ["a", "b", "ç"]
    assert found.vectors.dtype == np.float32
    assert found.vectors.flags.c_contiguous
    np.testing.assert_array_equal(found.vectors, VECTORS[[1, 0, 2]])
    assert (len(found), found.width) == (3, 3)


def test_ids_may_be_given_beside_an_array(tmp_path):
    path = written(tmp_path, "image.npy", VECTORS)
    names = written(tmp_path, "names.npy", np.array([30, 10, 20]))
    for source, ids in ((path, [30, 10, 20]), (path, names), (VECTORS, np.array([30, 10, 20]))):
        found = read_vectors(source, ids=ids)
        assert found.ids.ids.to_pylist() == [10, 20, 30]
        np.testing.assert_array_equal(found.vectors, VECTORS[[1, 2, 0]])


def test_a_folder_is_read_as_one_table(tmp_path):
    for part in range(2):
        pq.write_table(LISTS.slice(2 * part, 2), tmp_path / f"part-{part}.parquet")
    assert len(read_vectors(tmp_path)) == 3
    pq.write_table(pa.table({"item_id": ["q"], "embedding": [[1.0]]}), tmp_path / "part-2.parquet")
    with pytest.raises(DataError, match=r"part-2\.parquet: vectors of 1 numbers, but of 3 in .*part-0"):
        read_vectors(tmp_path)


def test_another_id_column():
    found = read_vectors({"who": [2, 1], "x": [0.5, 1], "y": [1, 2]}, id_column="who", key="user_id")
    np.testing.assert_array_equal(found.vectors, [[1, 2], [0.5, 1]])
    with pytest.raises(SchemaError, match=r"no column 'who' .*--user-column 'whom'"):
        read_vectors(pa.table({"whom": [2, 1], "x": [0.5, 1]}), id_column="who", key="user_id")


def rows(**columns):
    return {"item_id": ["a", "b"], **columns}


@pytest.mark.parametrize(
    ("source", "fault", "match"),
    [
        (rows(v=[[1.0, 2], [1.0]]), DataError, "column 'v' begins with 2 numbers, but not in row 2"),
        (rows(v=[[1.0, 2], None]), DataError, "column 'v' has no vector in row 2"),
        (rows(v=[[1.0, 2], [1.0, None]]), DataError, "NaN, infinite or missing .* row 2"),
        (rows(v=[[1.0, 2], [1.0, np.inf]]), DataError, "NaN, infinite or missing .* row 2"),
        ((["a"], np.empty((1, 0))), DataError, "the vectors have no numbers"),
        (rows(x=["1", "y"]), SchemaError, "column 'x' is text, not numbers"),
        (rows(), SchemaError, "no column beside 'item_id'"),
        (rows(v=[[1.0]] * 2, w=[[1.0]] * 2), SchemaError, "'v', 'w' all hold lists"),
        ({"item_id": ["a", "a"], "x": [1, 2]}, DataError, "id 'a' stands in rows 1 and 2"),
        ({"item_id": ["a", None], "x": [1, 2]}, DataError, "no id in row 2"),
        ({"item_id": [1.5, 2], "x": [1, 2]}, SchemaError, "holds 1.5 in row 1"),
        ({"a": [1, 2], "b": [1]}, DataError, "not row 2"),
        ({"a": [1e60, 2]}, DataError, "infinite .* row 1"),
        ({"a": ["x", "y"]}, DataError, "give numbers"),
        ({}, DataError, "no rows"),
        (([], np.empty((0, 3))), DataError, "no rows"),
        ((["a"], VECTORS), DataError, "1 ids for 3 vectors"),
        ((["a", "b", "c"], VECTORS[0]), DataError, r"of shape \[3\]"),
        (VECTORS, SettingsError, "needs ids"),
        (3, SettingsError, "cannot read vectors from int"),
    ],
)
def test_bad_vectors_are_refused_by_name(source, fault, match):
    with pytest.raises(fault, match=match):
        read_vectors(source)


def test_bad_files_are_refused_by_name(tmp_path):
    path = written(tmp_path, "v.npy", VECTORS)
    with pytest.raises(DataError, match=r"no ids of its rows; write v\.ids\.npy"):
        read_vectors(path)
    with pytest.raises(DataError, match="2 ids for 3 vectors"):
        read_vectors(path, ids=[1, 2])
    with pytest.raises(DataError, match=r"gone\.npy: no such file"):
        read_vectors(tmp_path / "gone.npy", ids=[1])
    (tmp_path / "v.ids.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
    with pytest.raises(SchemaError, match="ids are a file of one column"):
        read_vectors(path)
    np.savez(tmp_path / "v.npz", ids=np.arange(3), other=VECTORS)
    with pytest.raises(SchemaError, match="arrays ids, other; name one ids and one vectors"):
        read_vectors(tmp_path / "v.npz")
    with pytest.raises(SettingsError, match="ids go with an array"):
        read_vectors(LISTS, ids=IDS)


class Payload:
    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "evil.npy"
    np.save(path, np.array([Payload()], object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read as a NumPy array"):
        read_vectors(path, ids=[1])
    np.savez(tmp_path / "evil.npz", ids=np.array([Payload()], object), vectors=np.ones((1, 1)))
    with pytest.raises(DataError, match="cannot be read as a NumPy array"):
        read_vectors(tmp_path / "evil.npz")
