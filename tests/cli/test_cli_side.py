"""The options for what is known beside a log, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.cli._side import _named
from samplew_gbm.data.simulate import Shop
from samplew_gbm.pipeline import load_model
from tests.cli.cli_calls import FAST, call


@pytest.fixture
def side(shop: Shop, folder: Path) -> Path:
    """Vectors of every item in two ways and of the users, prices, and ages; one item is new."""
    rng = np.random.default_rng(0)
    items, users = [*shop.item_ids.to_pylist(), "new"], shop.user_ids.to_pylist()
    clip = rng.normal(size=(len(items), 6)).astype(np.float32)
    np.save(folder / "clip.npy", clip)
    np.save(folder / "clip.ids.npy", np.array(items))
    pq.write_table(pa.table({"item_id": items, "vector": list(clip[:, :3])}), folder / "sound-1.parquet")
    np.savez(folder / "own.npz", ids=np.array(users), vectors=rng.normal(size=(len(users), 6)))
    prices = pa.table({"item_id": items, "price": rng.random(len(items)), "kind": ["x", "y", "z"] * 27})
    pq.write_table(prices, folder / "items.parquet")
    pq.write_table(
        pa.table({"user_id": users, "age": rng.integers(20, 60, len(users))}), folder / "ages.parquet"
    )
    return folder


def test_all_that_is_known_beside_a_log_is_used_and_kept(side: Path, files: Path) -> None:
    words = ["--items", "items.parquet", "--users", "ages.parquet", "--item-vectors", "clip.npy"]
    words += ["--item-vectors", "sound-1.parquet", "--user-vectors", "clip=own.npz", "--no-gate", *FAST]
    called = call("train", files / "log.parquet", "--model", "m.swg", *words, "--json")
    assert called.code == 0, called.err
    report = json.loads(called.out)["report"]
    assert {"clip_vectors", "sound_1_vectors", "clip_user_vectors"} < set(report["recall_by_source"])
    model = load_model("m.swg")
    expected = {"item_number_price", "item_number_price_shift", "user_number_age", "clip_vectors_best"}
    assert expected < set(model.feature_names)
    pairs = pa.table({"user_id": model.users.ids[:2], "item_id": ["new", "new"]})
    pq.write_table(pairs, "pairs.parquet")
    assert call("score", "pairs.parquet", "--model", "m.swg", "--out", "s.csv").code == 0
    called = call("evaluate", "--model", "m.swg", "--test", files / "later.parquet", "--json")
    assert called.code == 0, called.err


def test_rows_are_weighed_by_vectors_alone(side: Path, files: Path) -> None:
    words = ["--importance", "vectors", "--threads", 1, "--set", "n_factors=8"]
    called = call("weigh", files / "log.parquet", "--out", "w.parquet", *words, "--item-vectors", "clip.npy")
    assert called.code == 0, called.err
    assert np.ptp(pq.read_table("w.parquet")["importance"].to_numpy()) > 0.1
    error = call("weigh", files / "log.parquet", "--out", "w.parquet", *words).error()
    assert "needs ready vectors of the items" in error


@pytest.mark.parametrize(
    ("words", "code", "match"),
    [
        (["--item-vectors", "gone.npy"], 3, "gone.npy: no such file"),
        (["--item-vectors", "clip=gone.parquet"], 3, "gone.parquet: no such file or folder"),
        (["--item-vectors", "clip.npy", "--item-vectors", "clip=own.npz"], 4, "two tables are called 'clip'"),
        (["--item-vectors", "own.npz"], 3, "no item of the log has a vector"),
        (["--user-vectors", "own.npz"], 4, "needs item vectors of that name and width; there are: none"),
        (["--users", "items.parquet"], 3, "no column 'user_id'"),
        (["--users", "gone.csv"], 3, "gone.csv: no such file or folder"),
    ],
)
def test_bad_side_files_are_refused_by_name(
    side: Path, files: Path, words: list[str], code: int, match: str
) -> None:
    called = call("train", files / "log.parquet", "--model", "m.swg", *FAST, *words)
    assert called.code == code
    assert match in called.error()
    assert not Path("m.swg").exists()


def test_a_model_does_not_replace_a_file_that_it_is_made_from(side: Path, files: Path) -> None:
    words = ["--model", "clip.npy", "--item-vectors", "text=clip.npy"]
    assert "is also read" in call("train", files / "log.parquet", *words).err
    assert len(np.load("clip.npy")) == 81


@pytest.mark.parametrize(
    ("word", "name", "file"),
    [
        ("text=a/b.npy", "text", "a/b.npy"),
        ("a/clip-b.parquet", "clip_b", "a/clip-b.parquet"),
        ("day=3/clip.npy", "day", "3/clip.npy"),
        ("./day=3/clip.npy", "clip", "./day=3/clip.npy"),
        ("768.npy", "v768", "768.npy"),
    ],
)
def test_a_file_names_its_model_where_nobody_does(word: str, name: str, file: str) -> None:
    assert _named(word) == (name, Path(file))


def test_new_users_are_served_by_their_vectors(side: Path, files: Path) -> None:
    words = ["--item-vectors", "clip.npy", "--user-vectors", "clip=own.npz", "--no-gate", *FAST]
    assert call("train", files / "log.parquet", "--model", "m.swg", *words).code == 0
    own = np.load("own.npz")
    ids, vectors = [*own["ids"], "new-1", "new-2"], [*own["vectors"], own["vectors"][0], -own["vectors"][0]]
    np.savez("grown.npz", ids=np.array(ids), vectors=np.array(vectors))
    pq.write_table(pa.table({"user_id": ["new-1", "new-2", "gone"]}), "asked.parquet")
    words = ["--model", "m.swg", "--users", "asked.parquet", "-k", "10", "--out", "top.parquet"]
    called = call("recommend", *words, "--user-vectors", "clip=grown.npz")
    assert called.code == 0, called.err
    assert "2 users arrived since the training" in called.err
    lists = pq.read_table("top.parquet").to_pandas().groupby("user_id")["item_id"].agg(list)
    assert len({tuple(items) for items in lists}) == 3
    called = call("explain", "m.swg", "--user", "new-1", "--item", "new", "--user-vectors", "clip=grown.npz")
    assert "nearest by their vectors" in called.out
    assert "trained with: clip (6)" in call("recommend", *words, "--user-vectors", "grown.npz").error()
