from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.ablation import CASES


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_beauty_is_judged_by_the_last_item_which_is_in_no_other_log(tmp_path: Path) -> None:
    write(tmp_path / "amazon_beauty/sequences.txt", "7 1 2 3\n9 5 1 2\n")
    write(tmp_path / "amazon_beauty/timestamps.txt", "7 10 20 30\n9 10 20 30\n")
    prepare, (_, history) = CASES["A"]
    prepare(tmp_path, tmp_path)
    assert pq.read_table(tmp_path / "test.parquet").to_pydict() == {
        "user_id": ["7", "9"],
        "item_id": ["3", "2"],
    }
    for name in ("train.parquet", history):
        assert max(pq.read_table(tmp_path / name)["timestamp"].to_pylist()) < 30


def test_movielens_is_judged_by_the_held_out_item_which_is_no_training_row(tmp_path: Path) -> None:
    folder = tmp_path / "movielens_1m_ncf"
    write(folder / "ml-1m.test.rating", "0\t4\t5\t9\n1\t6\t3\t9\n")
    write(folder / "ml-1m.test.negative", "(0,4)\t6\t7\n(1,6)\t4\t7\n")
    pq.write_table(
        pa.table({"user": [0, 0, 1], "item": [6, 7, 4], "rating": [5, 4, 3], "time_rank": [1, 0, 0]}),
        folder / "train.parquet",
    )
    prepare, _ = CASES["B"]
    prepare(tmp_path, tmp_path)
    log, test = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("train", "test"))
    assert log.to_pydict() == {"user_id": [0, 0, 1], "item_id": [7, 6, 4]}
    assert test.to_pydict() == {"user_id": [0, 1], "item_id": [4, 6]}
    assert test.schema.types == log.schema.types


def test_noisy_is_judged_by_the_clean_items_without_the_flag(tmp_path: Path) -> None:
    write(tmp_path / "movielens_100k_noisy/ml100k.train.rating", "0\t4\t1\n1\t5\t0\n")
    write(tmp_path / "movielens_100k_noisy/ml100k.valid.rating", "1\t6\t0\n")
    write(tmp_path / "movielens_100k_noisy/ml100k.test.negative", "0\t8\t1\n")
    prepare, _ = CASES["C"]
    prepare(tmp_path, tmp_path)
    test = pq.read_table(tmp_path / "test.parquet")
    assert test.to_pydict() == {"user_id": [0], "item_id": [8]}
    assert test.schema.types == pq.read_schema(tmp_path / "train.parquet").types
