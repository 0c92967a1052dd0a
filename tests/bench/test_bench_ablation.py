from pathlib import Path

import pyarrow.parquet as pq

from bench.ablation import CASES


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_beauty_is_judged_by_the_last_item_which_is_in_no_other_log(tmp_path: Path) -> None:
    write(tmp_path / "amazon_beauty/sequences.txt", "7 1 2 3\n9 5 1 2\n")
    write(tmp_path / "amazon_beauty/timestamps.txt", "7 10 20 30\n9 10 20 30\n")
    prepare, history = CASES["A"]
    prepare(tmp_path, tmp_path)
    assert pq.read_table(tmp_path / "test.parquet").to_pydict() == {
        "user_id": ["7", "9"],
        "item_id": ["3", "2"],
    }
    for name in ("train.parquet", history):
        assert max(pq.read_table(tmp_path / name)["timestamp"].to_pylist()) < 30


def test_noisy_is_judged_by_the_clean_items_without_the_flag(tmp_path: Path) -> None:
    write(tmp_path / "movielens_100k_noisy/ml100k.train.rating", "0\t4\t1\n1\t5\t0\n")
    write(tmp_path / "movielens_100k_noisy/ml100k.valid.rating", "1\t6\t0\n")
    write(tmp_path / "movielens_100k_noisy/ml100k.test.negative", "0\t8\t1\n")
    prepare, _ = CASES["C"]
    prepare(tmp_path, tmp_path)
    test = pq.read_table(tmp_path / "test.parquet")
    assert test.to_pydict() == {"user_id": [0], "item_id": [8]}
    assert test.schema.types == pq.read_schema(tmp_path / "train.parquet").types
