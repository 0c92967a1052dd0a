"""Turn the files of the published protocols into plain logs, as a user of ``samplew`` would have them.

The data sets are not part of this repository: their folder is given by ``--data`` or ``SAMPLEW_DATA``. What
is written here goes to a work folder only.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BEAUTY = Path("amazon_beauty")
MOVIELENS = Path("movielens_1m_ncf")
NOISY = Path("movielens_100k_noisy")


FUTURE_SHARE = 0.15  # of the events, the latest: what protocol F asks for

Event = tuple[str, str, int]  # user, item, Unix seconds


class DataError(Exception):
    """A data set is not where it was looked for, or is not what it should be."""


def find_data(option: Path | None) -> Path:
    """The folder of the data sets: the option, else the environment variable ``SAMPLEW_DATA``."""
    named = option or (Path(os.environ["SAMPLEW_DATA"]) if os.environ.get("SAMPLEW_DATA") else None)
    if named is None:
        raise DataError("no data: give --data FOLDER or set SAMPLEW_DATA (the layout is in bench/README.md)")
    if not named.is_dir():
        raise DataError(f"no data: {named} is not a folder")
    return named.resolve()


def lines_of(path: Path) -> Iterator[list[str]]:
    """The words of each line."""
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    with path.open() as file:
        for line in file:
            yield line.split()


def write_log(path: Path, **columns: Sequence[object] | np.ndarray) -> None:
    pq.write_table(pa.table(columns), path)


def beauty_histories(data: Path) -> Iterator[list[Event]]:
    """The events of each user, oldest first; the order of the file breaks ties of the day."""
    both = zip(
        lines_of(data / BEAUTY / "sequences.txt"), lines_of(data / BEAUTY / "timestamps.txt"), strict=True
    )
    for (user, *items), (owner, *times) in both:
        if user != owner or len(items) != len(times):
            raise DataError(f"{BEAUTY}: the lines of user {user} in the two files do not belong together")
        yield [(user, item, int(time)) for item, time in zip(items, times, strict=True)]


def write_events(path: Path, events: Sequence[Event]) -> None:
    users, items, times = zip(*events, strict=True)
    write_log(path, user_id=users, item_id=items, timestamp=times)


def prepare_beauty(data: Path, work: Path) -> None:
    """Protocol A: ``train.parquet`` without the last two items of a user, ``history.parquet`` with the
    second to last."""
    histories = list(beauty_histories(data))
    write_events(work / "train.parquet", [event for history in histories for event in history[:-2]])
    write_events(work / "history.parquet", [event for history in histories for event in history[-2:-1]])


def prepare_described_beauty(data: Path, work: Path) -> None:
    """Protocol A+: the files of A, and ``items.parquet`` with the attribute numbers of each item."""
    prepare_beauty(data, work)
    path = data / BEAUTY / "item_attributes.json"
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    attributes = json.loads(path.read_text())
    write_log(work / "items.parquet", item_id=list(attributes), attributes=list(attributes.values()))


def prepare_future(data: Path, work: Path) -> None:
    """Protocol F: ``train.parquet`` with all events before the last share of the time."""
    events = [event for history in beauty_histories(data) for event in history]
    cut = future_begins(events)
    write_events(work / "train.parquet", [event for event in events if event[2] < cut])


def future_begins(events: Sequence[Event]) -> int:
    """The first second of the last ``FUTURE_SHARE`` of the events."""
    times = sorted(time for _, _, time in events)
    return times[int(len(times) * (1 - FUTURE_SHARE))]


def future_cases(data: Path) -> Iterator[tuple[str, str]]:
    """User and item of the first event after the cut, of users who were there before it: protocol F.

    What a user took before is no case: it is never recommended.
    """
    histories = list(beauty_histories(data))
    cut = future_begins([event for history in histories for event in history])
    for history in histories:
        before = {item for _, item, time in history if time < cut}
        later = [(user, item) for user, item, time in history if time >= cut and item not in before]
        if before and later:
            yield later[0]


def prepare_movielens(data: Path, work: Path) -> None:
    """Protocol B: ``train.parquet`` in each user's time order (unknown places, -1, first) without any time
    column, and ``pairs.parquet``: every user's positive and its released negatives, each pair once."""
    path = data / MOVIELENS / "train.parquet"
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    table = pq.read_table(path, columns=["user", "item", "time_rank"])
    user, item, place = (table[name].to_numpy() for name in ("user", "item", "time_rank"))
    order = np.lexsort((np.arange(len(user)), place, user))
    write_log(
        work / "train.parquet", user_id=user[order].astype(np.int64), item_id=item[order].astype(np.int64)
    )
    pairs: list[tuple[int, int]] = []
    for positive, item, candidates in sampled_cases(data):
        pairs += ((positive, other) for other in dict.fromkeys([item, *candidates]))
    users, items = zip(*pairs, strict=True)
    write_log(work / "pairs.parquet", user_id=users, item_id=items)


def sampled_cases(data: Path) -> Iterator[tuple[int, int, list[int]]]:
    """User, positive and negatives of each line of protocol B. Some released negatives are the positive."""
    folder = data / MOVIELENS
    positives, negatives = lines_of(folder / "ml-1m.test.rating"), lines_of(folder / "ml-1m.test.negative")
    for (user, item, *_), (key, *others) in zip(positives, negatives, strict=True):
        if key != f"({user},{item})":
            raise DataError(f"{MOVIELENS}: the negatives {key} stand where those of ({user},{item}) should")
        yield int(user), int(item), [int(other) for other in others]


def prepare_noisy(data: Path, work: Path) -> None:
    """Protocol C: ``train.parquet`` and ``valid.parquet``, user and item only: the third column says which
    rows are noise and must never reach a model."""
    for name in ("train", "valid"):
        pairs = [
            (int(user), int(item)) for user, item, *_ in lines_of(data / NOISY / f"ml100k.{name}.rating")
        ]
        users, items = zip(*pairs, strict=True)
        write_log(work / f"{name}.parquet", user_id=users, item_id=items)
