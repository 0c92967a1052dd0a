from math import log2
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.scoring import read_predictions, score_beauty, score_future, score_movielens, score_noisy


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_beauty_by_hand(tmp_path: Path) -> None:
    """User 1: second behind b, his own a is not counted. User 2: tied, so behind. User 3: missing."""
    write(tmp_path / "amazon_beauty/sequences.txt", "1 a t\n2 a t\n3 a t\n")
    predictions = {"1": {"a": 9.0, "b": 8.0, "t": 7.0, "c": 1.0}, "2": {"t": 1.0, "b": 1.0, "c": 0.0}}
    metrics = score_beauty(tmp_path, predictions)
    assert metrics["HR@5"] == pytest.approx(2 / 3)
    assert metrics["NDCG@5"] == pytest.approx(2 / log2(3) / 3)
    assert metrics["HR@20"] == metrics["HR@5"]


def test_beauty_cuts_at_k(tmp_path: Path) -> None:
    write(tmp_path / "amazon_beauty/sequences.txt", "1 a t\n")
    metrics = score_beauty(tmp_path, {"1": {"t": 0.0} | {f"x{n}": 1.0 + n for n in range(5)}})
    assert (metrics["HR@5"], metrics["HR@10"]) == (0, 1)
    assert metrics["NDCG@10"] == pytest.approx(1 / log2(7))


def test_future_by_hand(tmp_path: Path) -> None:
    """Users 1 and 2 are asked for t and d; user 2 has no answer."""
    write(tmp_path / "amazon_beauty/sequences.txt", f"1 a t u\n2 {'b ' * 16}d\n")
    write(tmp_path / "amazon_beauty/timestamps.txt", f"1 100 170 180\n2 {'120 ' * 16}190\n")
    metrics = score_future(tmp_path, {"1": {"x": 2.0, "t": 1.0}})
    assert metrics["HR@5"] == 0.5
    assert metrics["NDCG@5"] == pytest.approx(0.5 / log2(3))


def test_movielens_by_hand(tmp_path: Path) -> None:
    """User 0: first, the negative that is the positive does not count. User 1: an unscored candidate wins."""
    write(tmp_path / "movielens_1m_ncf/ml-1m.test.rating", "0\t25\t5\t1\n1\t26\t3\t1\n2\t27\t1\t1\n")
    write(tmp_path / "movielens_1m_ncf/ml-1m.test.negative", "(0,25)\t40\t25\n(1,26)\t42\t43\n(2,27)\t42\n")
    metrics = score_movielens(tmp_path, {"0": {"25": 2.0, "40": 1.0}, "1": {"26": 2.0, "42": 1.0}})
    assert metrics == pytest.approx({"HR@10": 2 / 3, "NDCG@10": (1 + 1 / log2(3)) / 3})


def test_noisy_by_hand(tmp_path: Path) -> None:
    write(tmp_path / "movielens_100k_noisy/ml100k.test.negative", "0\t1\t1\n0\t2\t1\n1\t3\t1\n")
    metrics = score_noisy(tmp_path, {"0": {"9": 3.0, "2": 2.0, "8": 1.0}})
    assert metrics["Recall@5"] == pytest.approx((1 / 2 + 0) / 2)
    assert metrics["NDCG@20"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)) / 2)


@pytest.mark.parametrize(
    ("items", "scores", "complaint"),
    [
        ([1, 1], [0.5, 0.4], "twice"),
        ([1, 2], [0.5, float("nan")], "not a number"),
        ([1, 2], [0.5, None], "not a"),
    ],
)
def test_predictions_that_cannot_be_ranked_are_refused(
    tmp_path: Path, items: list[int], scores: list[float | None], complaint: str
) -> None:
    table = pa.table({"user_id": [7, 7], "item_id": items, "score": pa.array(scores, pa.float64())})
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(ValueError, match=complaint):
        read_predictions(tmp_path / "p.parquet")
