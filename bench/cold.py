"""Items that nobody has taken: a tenth of the items of Amazon Beauty is taken out of the log altogether.

python -m bench.cold --data DIR --out bench/results/cold_items.json

Every event of a cold item is a test event and none is learned from. A case is a user who took cold items and
something else; the history is all that else, whenever it was: the question is the item, not the time. The
cold items are known by their attributes alone: as ``--items``, or as ready vectors, which a truncated SVD of
the attributes stands in for.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from bench.command import data_option, new_parser, out_option, threads_option, write_result
from bench.datasets import BEAUTY, DataError, beauty_histories, find_data
from bench.machine import describe
from samplew_gbm import (
    Model,
    Settings,
    build_interactions,
    describe_items,
    join_item_vectors,
    read_vectors,
    recommend,
    score,
    train,
)

COLD_SHARE = 0.1
WIDTH = 128
K = 10
SETTINGS = Settings(linear_items=0, n_queries=12_000, n_folds=2)
"""No linear item models, and fewer queries and folds than by default: three trainings in minutes."""

Lists = dict[str, list[str]]


@dataclass(frozen=True)
class Case:
    """The log without cold items, who took which of them, and what all items are."""

    log: pa.Table
    cold: list[str]
    wanted: dict[str, set[str]]
    histories: dict[str, list[str]]
    attributes: dict[str, list[int]]


def make_case(data: Path, n_users: int, seed: int) -> Case:
    path = data / BEAUTY / "item_attributes.json"
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    attributes = json.loads(path.read_text())
    events = [event for history in beauty_histories(data) for event in history]
    rng = np.random.default_rng(seed)
    items = sorted({item for _, item, _ in events} & set(attributes))
    cold = sorted(rng.choice(items, round(COLD_SHARE * len(items)), replace=False).tolist())
    among = set(cold)
    kept = [event for event in events if event[1] not in among]
    wanted: dict[str, set[str]] = {}
    histories: dict[str, list[str]] = {}
    for user, item, _ in events:
        if item in among:
            wanted.setdefault(user, set()).add(item)
        else:
            histories.setdefault(user, []).append(item)
    users = sorted(set(wanted) & set(histories))
    chosen = rng.choice(users, min(n_users, len(users)), replace=False).tolist()
    names = ("user_id", "item_id", "timestamp")
    log = pa.table(dict(zip(names, map(list, zip(*kept, strict=True)), strict=True)))
    return Case(log, cold, {user: wanted[user] for user in chosen}, histories, attributes)


def attribute_matrix(attributes: dict[str, list[int]]) -> tuple[list[str], csr_matrix]:
    """Items and their attributes, rare ones weighing more, rows of length 1."""
    items = list(attributes)
    sizes = [len(attributes[item]) for item in items]
    columns = np.array([number for item in items for number in attributes[item]])
    rows = np.repeat(np.arange(len(items)), sizes)
    weight = np.log((len(items) + 1) / (np.bincount(columns) + 1))[columns]
    length = np.sqrt(np.bincount(rows, weight**2, len(items)))
    return items, csr_matrix((weight / np.maximum(length, 1e-9)[rows], (rows, columns)))


def by_chance(case: Case, seed: int) -> Lists:
    rng = np.random.default_rng(seed)
    return {user: rng.choice(case.cold, K, replace=False).tolist() for user in case.wanted}


def by_popular_attributes(case: Case) -> Lists:
    """The same for everybody: the mean popularity of an item's attributes, in takers an item that has it."""
    taken: dict[str, int] = {}
    for item in case.log["item_id"].to_pylist():
        taken[item] = taken.get(item, 0) + 1
    cold, totals = set(case.cold), {}
    for item, own in case.attributes.items():
        for number in own if item not in cold else ():
            total, n = totals.get(number, (0, 0))
            totals[number] = (total + taken.get(item, 0), n + 1)
    means = {number: total / n for number, (total, n) in totals.items()}
    value = {item: np.mean([means.get(n, 0) for n in case.attributes[item]] or [0]) for item in case.cold}
    top = sorted(case.cold, key=lambda item: (-value[item], item))[:K]
    return dict.fromkeys(case.wanted, top)


def by_popularity(case: Case) -> Lists:
    """The most taken items, less each user's own: no cold item can be among them."""
    counted = case.log["item_id"].value_counts()
    order = np.argsort(-counted.field("counts").to_numpy(), kind="stable")
    popular = counted.field("values").take(pa.array(order[:500])).to_pylist()
    return {
        user: [item for item in popular if item not in set(case.histories[user])][:K] for user in case.wanted
    }


def by_cosine(case: Case) -> Lists:
    """No ranker: cosine of an item's attributes and the sum of the history's."""
    items, matrix = attribute_matrix(case.attributes)
    place = {item: row for row, item in enumerate(items)}
    cold = matrix[[place[item] for item in case.cold]]
    lists = {}
    for user in case.wanted:
        rows = [place[item] for item in case.histories[user] if item in place]
        scores = np.asarray(cold @ matrix[rows].sum(axis=0).T).ravel()
        lists[user] = [case.cold[at] for at in np.argsort(-scores, kind="stable")[:K]]
    return lists


def trained(case: Case, how: str, threads: int | None) -> Model:
    """``how``: items, vectors or both."""
    log = build_interactions(case.log)
    if how in ("items", "both"):
        items, attributes = list(case.attributes), list(case.attributes.values())
        log = describe_items(log, pa.table({"item_id": items, "attributes": attributes}))
    if how in ("vectors", "both"):
        items, matrix = attribute_matrix(case.attributes)
        vectors = TruncatedSVD(WIDTH, random_state=0).fit_transform(matrix)
        log = join_item_vectors(log, {"attributes": read_vectors((items, vectors))})
    return train(log, SETTINGS, gate=False, n_threads=threads)


def among_cold(case: Case, model: Model, threads: int | None) -> Lists:
    """The best cold items of every user, from the scores of all pairs, some users at a time."""
    lists, users = {}, list(case.wanted)
    for start in range(0, len(users), 200):
        part = users[start : start + 200]
        pairs = pa.table({"user_id": np.repeat(part, len(case.cold)), "item_id": case.cold * len(part)})
        scores = score(model, pairs, n_threads=threads)["score"].to_numpy().reshape(len(part), -1)
        for user, row in zip(part, scores, strict=True):
            lists[user] = [case.cold[at] for at in np.argsort(-row, kind="stable")[:K]]
    return lists


def among_all(case: Case, model: Model, threads: int | None) -> Lists:
    top = recommend(model, users=pa.array(list(case.wanted)), k=K, n_threads=threads)
    lists: Lists = {user: [] for user in case.wanted}
    for user, item in zip(top["user_id"].to_pylist(), top["item_id"].to_pylist(), strict=True):
        lists[user].append(item)
    return lists


def judged(case: Case, lists: Lists) -> dict[str, np.ndarray]:
    """HR@10 and NDCG@10 of each user."""
    gains = 1 / np.log2(np.arange(K) + 2)
    hits, ndcg = [], []
    for user, wanted in case.wanted.items():
        hit = np.array([item in wanted for item in lists[user]] + [False] * (K - len(lists[user])))
        hits.append(float(hit.any()))
        ndcg.append(float(gains[hit].sum() / gains[: len(wanted)].sum()))
    return {f"HR@{K}": np.array(hits), f"NDCG@{K}": np.array(ndcg)}


def interval(difference: np.ndarray) -> list[float]:
    """95 % interval of the mean difference, users drawn with replacement."""
    rng = np.random.default_rng(0)
    means = [difference[rng.integers(0, len(difference), len(difference))].mean() for _ in range(2000)]
    return [round(float(edge), 5) for edge in np.quantile(means, [0.025, 0.975])]


def table_of(case: Case, lists: dict[str, Lists], baseline: str) -> dict[str, dict[str, object]]:
    found = {name: judged(case, each) for name, each in lists.items()}
    rows: dict[str, dict[str, object]] = {}
    for name, metrics in found.items():
        rows[name] = {metric: round(float(values.mean()), 5) for metric, values in metrics.items()}
        if name != baseline:
            metric = f"NDCG@{K}"
            rows[name][f"{metric} against {baseline}"] = interval(metrics[metric] - found[baseline][metric])
    return rows


def timed(work: Callable[[], Model]) -> tuple[Model, float]:
    begin = time.perf_counter()
    model = work()
    return model, round(time.perf_counter() - begin, 1)


def main() -> None:
    parser = new_parser(__doc__)
    data_option(parser)
    parser.add_argument("--users", type=int, default=1500, help="test users, drawn by chance")
    parser.add_argument("--models", nargs="+", default=["items", "vectors"])
    parser.add_argument("--seed", type=int, default=0)
    threads_option(parser)
    out_option(parser)
    arguments = parser.parse_args()
    try:
        case = make_case(find_data(arguments.data), arguments.users, arguments.seed)
    except DataError as error:
        sys.exit(str(error))
    popular = by_popular_attributes(case)
    cold = {
        "popular attributes": popular,
        "chance": by_chance(case, arguments.seed),
        "cosine": by_cosine(case),
    }
    every = {"popularity": by_popularity(case)}
    seconds = {}
    for how in arguments.models:
        model, seconds[how] = timed(lambda how=how: trained(case, how, arguments.threads))  # type: ignore[misc]
        cold[how] = among_cold(case, model, arguments.threads)
        every[how] = among_all(case, model, arguments.threads)
    result = {
        "machine": describe(),
        "n_cold_items": len(case.cold),
        "n_users": len(case.wanted),
        "seed": arguments.seed,
        "settings": "linear_items=0 n_queries=12000 n_folds=2, no gate",
        "training_seconds": seconds,
        "ranked among the cold items": table_of(case, cold, "popular attributes"),
        "ranked among all items": table_of(case, every, "popularity"),
    }
    write_result(arguments.out, result)
    print(json.dumps({key: value for key, value in result.items() if key != "machine"}, indent=1))


if __name__ == "__main__":
    main()
