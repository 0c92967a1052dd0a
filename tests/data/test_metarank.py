"""A file of Metarank's events is a log: its interactions are the rows, its rankings what was shown."""

import gzip
from pathlib import Path

import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.sources import read_log
from samplew_gbm.errors import DataError
from tests.data.logs import write_json

EVENTS = [
    {"event": "item", "id": "m1", "timestamp": "1599391460000", "item": "i1", "fields": []},
    {"event": "user", "id": "m2", "timestamp": "1599391460000", "user": "ann", "fields": []},
    {
        "event": "ranking",
        "id": "r1",
        "timestamp": "1599391467000",
        "user": "ann",
        "session": "s1",
        "items": [{"id": "i3", "relevancy": 2.0}, {"id": "i1"}, {"id": "i2", "relevancy": 0.5}],
    },
    {
        "event": "interaction",
        "id": "a1",
        "ranking": "r1",
        "timestamp": "1599391468500",
        "user": "ann",
        "session": "s1",
        "type": "click",
        "item": "i1",
    },
    {
        "event": "interaction",
        "id": "a2",
        "timestamp": "1599391469000",
        "session": "s2",
        "type": "buy",
        "item": "i2",
    },
]


@pytest.mark.parametrize("block", [1, 1 << 20])
@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_interactions_are_the_rows(
    name: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samplew_gbm.data.jsonl_reader._BLOCK_BYTES", block)
    path = write_json(tmp_path / "events.jsonl", *EVENTS)
    if name.endswith("gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress((tmp_path / "events.jsonl").read_bytes()))
    assert read_log(path).to_pydict() == {
        "user_id": ["ann", "s2"],
        "item_id": ["i1", "i2"],
        "timestamp": [1599391468.5, 1599391469.0],
        "event": ["click", "buy"],
    }


def test_rankings_are_what_was_shown(tmp_path: Path) -> None:
    path = write_json(tmp_path / "events.jsonl", *EVENTS)
    names = ColumnNames(query_id="query_id", position="position", impression_event="impression")
    table = read_log(path, columns=names)
    assert table["item_id"].to_pylist() == ["i3", "i1", "i2", "i1", "i2"]
    assert table["query_id"].to_pylist() == ["r1", "r1", "r1", "r1", None]
    assert table["position"].to_pylist()[:3] == [1.0, 2.0, 3.0]
    assert table["label"].to_pylist() == [0.0, 0.0, 0.0, 1.0, 1.0]
    interactions = build_interactions(table)
    assert len(interactions) == 2
    assert interactions.impressions is not None


def test_times_may_be_numbers(tmp_path: Path) -> None:
    rows = [{**event, "timestamp": int(str(event["timestamp"]))} for event in EVENTS]
    assert read_log(write_json(tmp_path / "a.jsonl", *rows))["timestamp"].to_pylist()[0] == 1599391468.5


def test_a_log_whose_events_have_such_names_stays_a_log(tmp_path: Path) -> None:
    row = {"event": "item", "id": 1, "timestamp": 5, "user_id": "u", "item_id": "i"}
    assert read_log(write_json(tmp_path / "a.jsonl", row))["user_id"].to_pylist() == ["u"]


def test_an_interaction_without_a_user_is_refused(tmp_path: Path) -> None:
    row = {"event": "interaction", "id": 1, "timestamp": 5, "type": "click", "item": "i"}
    with pytest.raises(DataError, match="'user_id' has no id in row 1"):
        read_log(write_json(tmp_path / "a.jsonl", row))
