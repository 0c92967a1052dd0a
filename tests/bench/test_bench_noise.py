from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import noise
from bench.datasets import prepare_noisy
from bench.measure import Measurement
from samplew_gbm.settings import IMPORTANCE_SCHEMES


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "movielens_100k_noisy"
    folder.mkdir()
    (folder / "ml100k.train.rating").write_text("0\t4\t1\n1\t5\t0\n1\t4\t1\n0\t7\t0\n")
    (folder / "ml100k.valid.rating").write_text("1\t6\t0\n")
    prepare_noisy(tmp_path, tmp_path)
    return tmp_path


def test_the_flag_stands_beside_the_rows_and_in_no_log(data: Path) -> None:
    log = pq.read_table(data / "train.parquet")
    assert log.column_names == ["user_id", "item_id"]
    assert noise.clean_flags(data).tolist() == [1, 0, 1, 0]
    assert log["item_id"].to_pylist() == [4, 5, 4, 7]


def test_importance_is_judged_by_whether_clean_rows_have_more(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weighed(line: str, folder: Path, program: str) -> Measurement:
        values = [2.0, 0.5, 0.4, 0.1] if "--seed 0" in line else [2.0, 0.1, 0.5, 0.1]
        pq.write_table(pa.table({"importance": values}), folder / "weighed.parquet")
        return Measurement(line, 1.0, 2, "")

    monkeypatch.setattr(noise, "measure", weighed)
    found = noise.judge("r_ce", (0, 1), noise.clean_flags(data), data, "samplew")
    assert [run["auc"] for run in found["runs"]] == [0.75, 1]
    assert found["auc"] == 0.875
    assert "--importance r_ce --seed 1" in found["runs"][1]["line"]


def test_the_schemes_judged_exist() -> None:
    assert set(noise.SCHEMES) < set(IMPORTANCE_SCHEMES)
