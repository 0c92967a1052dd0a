from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.datasets import (
    DataError,
    find_data,
    future_cases,
    prepare_beauty,
    prepare_described_beauty,
    prepare_future,
    prepare_movielens,
    prepare_noisy,
    sampled_cases,
)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rows(path: Path) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]


def test_beauty_keeps_the_last_two_items_out_of_training_and_ties_in_file_order(tmp_path: Path) -> None:
    write(tmp_path / "amazon_beauty/sequences.txt", "7 1 2 3 4\n9 5 1 2\n")
    write(tmp_path / "amazon_beauty/timestamps.txt", "7 86400 86400 86400 172800\n9 100 200 300\n")
    prepare_beauty(tmp_path, tmp_path)
    assert rows(tmp_path / "train.parquet") == [("7", "1", 86400), ("7", "2", 86400), ("9", "5", 100)]
    assert rows(tmp_path / "history.parquet") == [("7", "3", 86400), ("9", "1", 200)]
    assert pq.read_schema(tmp_path / "train.parquet").names == ["user_id", "item_id", "timestamp"]


def test_described_beauty_has_the_attributes_beside_the_same_logs(tmp_path: Path) -> None:
    write(tmp_path / "amazon_beauty/sequences.txt", "7 1 2 3 4\n")
    write(tmp_path / "amazon_beauty/timestamps.txt", "7 1 2 3 4\n")
    with pytest.raises(DataError, match=r"item_attributes\.json is not there"):
        prepare_described_beauty(tmp_path, tmp_path)
    write(tmp_path / "amazon_beauty/item_attributes.json", '{"1": [5, 6], "4": [5]}')
    prepare_described_beauty(tmp_path, tmp_path)
    assert rows(tmp_path / "items.parquet") == [("1", [5, 6]), ("4", [5])]
    assert rows(tmp_path / "history.parquet") == [("7", "3", 3)]


def test_the_future_is_cut_by_the_clock_and_asks_known_users_for_new_items(tmp_path: Path) -> None:
    """15 % of 20 events are three: the cut is at 170."""
    write(tmp_path / "amazon_beauty/sequences.txt", f"1 a t u\n2 {'b ' * 14}b\n3 e\n4 a\n")
    times = f"1 100 170 180\n2 {'120 ' * 14}190\n3 100\n4 100\n"
    write(tmp_path / "amazon_beauty/timestamps.txt", times)
    prepare_future(tmp_path, tmp_path)
    trained = rows(tmp_path / "train.parquet")
    assert len(trained) == 17
    assert max(time for _, _, time in trained) < 170
    assert list(future_cases(tmp_path)) == [("1", "t")]


@pytest.mark.parametrize("times", ["8 1 2 3\n", "7 1 2\n"])
def test_beauty_files_that_do_not_match_are_refused(tmp_path: Path, times: str) -> None:
    write(tmp_path / "amazon_beauty/sequences.txt", "7 1 2 3\n")
    write(tmp_path / "amazon_beauty/timestamps.txt", times)
    with pytest.raises(DataError, match="user 7"):
        prepare_beauty(tmp_path, tmp_path)


@pytest.fixture
def movielens(tmp_path: Path) -> Path:
    folder = tmp_path / "movielens_1m_ncf"
    folder.mkdir()
    columns = {
        "user": pa.array([1, 0, 0, 0, 0, 0], pa.int32()),
        "item": pa.array([30, 10, 11, 12, 13, 14], pa.int32()),
        "rating": pa.array([5, 1, 2, 3, 4, 5], pa.int8()),
        "time_rank": pa.array([0, 2, -1, 0, 0, -1], pa.int32()),
    }
    pq.write_table(pa.table(columns), folder / "train.parquet")
    write(folder / "ml-1m.test.rating", "0\t25\t5\t978824351\n1\t26\t3\t978300174\n")
    write(folder / "ml-1m.test.negative", "(0,25)\t40\t25\t41\n(1,26)\t42\t43\t42\n")
    return tmp_path


def test_movielens_is_in_time_order_with_unknown_places_first(movielens: Path) -> None:
    prepare_movielens(movielens, movielens)
    assert rows(movielens / "train.parquet") == [(0, 11), (0, 14), (0, 12), (0, 13), (0, 10), (1, 30)]
    assert pq.read_schema(movielens / "train.parquet").names == ["user_id", "item_id"]


def test_movielens_pairs_hold_each_candidate_once(movielens: Path) -> None:
    prepare_movielens(movielens, movielens)
    assert rows(movielens / "pairs.parquet") == [(0, 25), (0, 40), (0, 41), (1, 26), (1, 42), (1, 43)]


def test_movielens_negatives_of_another_case_are_refused(movielens: Path) -> None:
    write(movielens / "movielens_1m_ncf/ml-1m.test.negative", "(0,25)\t40\n(1,99)\t42\n")
    with pytest.raises(DataError, match=r"\(1,26\)"):
        list(sampled_cases(movielens))


def test_noisy_logs_hold_nothing_of_the_flag(tmp_path: Path) -> None:
    write(tmp_path / "movielens_100k_noisy/ml100k.train.rating", "0\t4\t1\n0\t5\t0\n1\t4\t1\n")
    write(tmp_path / "movielens_100k_noisy/ml100k.valid.rating", "1\t6\t0\n")
    prepare_noisy(tmp_path, tmp_path)
    assert rows(tmp_path / "train.parquet") == [(0, 4), (0, 5), (1, 4)]
    assert rows(tmp_path / "valid.parquet") == [(1, 6)]
    for name in ("train", "valid"):
        assert pq.read_schema(tmp_path / f"{name}.parquet").names == ["user_id", "item_id"]


def test_a_missing_data_folder_or_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMPLEW_DATA", raising=False)
    with pytest.raises(DataError, match="SAMPLEW_DATA"):
        find_data(None)
    with pytest.raises(DataError, match="nowhere"):
        find_data(tmp_path / "nowhere")
    monkeypatch.setenv("SAMPLEW_DATA", str(tmp_path))
    assert find_data(None) == tmp_path.resolve()
    for prepare in (prepare_beauty, prepare_future, prepare_movielens, prepare_noisy):
        with pytest.raises(DataError, match="is not there"):
            prepare(tmp_path, tmp_path)
