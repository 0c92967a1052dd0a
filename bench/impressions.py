"""Rank what was shown: train on the lists of a log before a time, rank the lists after it.

python -m bench.impressions --data DIR --out bench/results/impressions.json [--log trivago shop] [--seeds 0 1]

Of each held-out list with a click in it: the rank of what was clicked, by the models of ``ARMS`` and by
orders that learn nothing. A list is scored under an id of its own, with the user's history before it: what a
service would know. The settings are chosen on the lists just before the held-out ones; these are then ranked
once.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.command import data_option, new_parser, out_option, parse_words, seeds_option, write_result
from bench.datasets import DataError, find_data
from bench.lists import COLUMNS, Lists, divide, histories, prices, shop, trivago
from bench.machine import describe
from bench.measure import CommandError, find_samplew, measure

SHOWN = "--query-column query_id --position-column position --label-column label"
NARROW = "--set n_factors=64 --set n_epochs=6"  # less than the defaults, so that it takes minutes
TRAIN = f"samplew train train.parquet --model model.swg --no-gate --threads 1 {NARROW}"
SCORE = (
    "samplew score pairs.parquet --model model.swg --history past.parquet --out scores.parquet --threads 1"
)
ARMS = {
    "lists": SHOWN,
    "priced": f"{SHOWN} --items items.parquet",  # prices shown before the held-out lists
    "placed": f"{SHOWN} --set position_power=-1",  # clicks weighed by inverse examination
    "retrieved": "--label-column label --set n_queries=8000",  # negatives as if no list were known
}
CHOICES = ("", "--set mix=0")  # factors, as that of positions, work without importance too
COMPARED = (
    ("lists", "popularity"),
    ("lists", "price"),
    ("lists", "retrieved"),
    ("placed", "lists"),
    ("priced", "lists"),
    ("priced", "price"),
)
Metrics = dict[str, np.ndarray]  # of every held-out list


@dataclass(frozen=True)
class Case:
    """A log divided, written to ``work``; ``user`` numbers the user of each held-out list.

    ``parts`` are kinds of held-out lists, ``bool`` each.
    """

    train: pa.Table
    held: Lists
    user: np.ndarray
    parts: dict[str, np.ndarray]
    work: Path
    program: str

    def ranked(self, line: str) -> tuple[Metrics, float]:
        """The lists ranked by a model that ``line`` trains, and the seconds of its training."""
        trained = measure(line, self.work, self.program)
        measure(SCORE, self.work, self.program)
        scores = pq.read_table(self.work / "scores.parquet")["score"].to_numpy()
        return quality(scores, self.held), trained.seconds

    def means(self, metrics: Metrics) -> dict[str, dict[str, float]]:
        return {
            part: {name: round(float(values[kept].mean()), 5) for name, values in metrics.items()}
            for part, kept in self.parts.items()
        }

    def interval(self, one: Metrics, other: Metrics, part: str) -> list[float]:
        """The difference in MRR and its 95 % interval, users with all their lists drawn with replacement."""
        kept = self.parts[part]
        owner = np.unique(self.user[kept], return_inverse=True)[1]
        totals, sizes = np.bincount(owner, (one["MRR"] - other["MRR"])[kept]), np.bincount(owner)
        rng = np.random.default_rng(0)
        drawn = (rng.integers(0, len(sizes), len(sizes)) for _ in range(2000))
        means = [totals[users].sum() / sizes[users].sum() for users in drawn]
        edges = (totals.sum() / sizes.sum(), *np.quantile(means, [0.025, 0.975]))
        return [round(float(edge), 5) for edge in edges]


def make_case(log: pa.Table, work: Path, program: str) -> Case:
    train, held = divide(log)
    past = histories(log, held)
    pq.write_table(train.select(list(COLUMNS)), work / "train.parquet")
    pq.write_table(past, work / "past.parquet")
    if "price" in log.column_names:
        pq.write_table(prices(train), work / "items.parquet")
    ids = pa.array([f"list {query}" for query in held.rows["query_id"].to_pylist()])
    pq.write_table(pa.table({"user_id": ids, "item_id": held.rows["item_id"]}), work / "pairs.parquet")
    first = pa.array(held.start[:-1])
    known = pc.is_in(ids.take(first), value_set=past["user_id"].combine_chunks())
    user = np.unique(held.rows["user_id"].take(first).to_pylist(), return_inverse=True)[1]
    parts = {"all": np.ones(len(user), bool), "with a history": known.to_numpy(zero_copy_only=False)}
    return Case(train, held, user, parts, work, program)


def quality(scores: np.ndarray, held: Lists) -> Metrics:
    """Reciprocal rank and NDCG of the click in its list; ties share the middle of their ranks."""
    own = np.repeat(scores[held.clicked], np.diff(held.start))
    above = np.add.reduceat((scores > own) + 0.5 * (scores == own), held.start[:-1])
    rank = above + 0.5
    return {"MRR": 1 / rank, "NDCG": 1 / np.log2(rank + 1)}


def orders(train: pa.Table, held: Lists) -> dict[str, Metrics]:
    """Orders that learn nothing but counts."""
    taken = Counter(train.filter(pc.equal(train["label"], 1))["item_id"].to_pylist())
    found = {
        "popularity": np.array([taken[item] for item in held.rows["item_id"].to_pylist()], float),
        "position": -held.rows["position"].to_numpy().astype(float),
    }
    if "price" in held.rows.column_names:
        found["price"] = -held.rows["price"].to_numpy()
    return {name: quality(scores, held) for name, scores in found.items()}


def choose(case: Case) -> tuple[str, dict[str, Any]]:
    """Of ``CHOICES`` that with the best MRR on these lists."""
    found: dict[str, Any] = {"lists": len(case.user), "choices": {}}
    for choice in CHOICES:
        metrics, _ = case.ranked(f"{TRAIN} --seed 0 {SHOWN} {choice}".rstrip())
        found["choices"][choice or "defaults"] = case.means(metrics)
        print(f"validation   {choice or 'defaults':<32}", case.means(metrics), flush=True)
    best = max(CHOICES, key=lambda choice: found["choices"][choice or "defaults"]["all"]["MRR"])
    return best, found | {"chosen": best or "defaults"}


def judge(case: Case, settings: str, seeds: Sequence[int]) -> dict[str, Any]:
    """Every arm and order on the held-out lists; an arm's metrics are the means of its seeds."""
    metrics = orders(case.train, case.held)
    runs = []
    for arm, options in ARMS.items():
        if "--items" in options and "price" not in metrics:
            continue
        found = []
        for seed in seeds:
            line = f"{TRAIN} --seed {seed} {options} {settings}".rstrip()
            ranked, seconds = case.ranked(line)
            found.append(ranked)
            runs.append({"arm": arm, "line": line, "seconds": round(seconds, 1), **case.means(ranked)})
            print(f"{arm:<12}", case.means(ranked), f"{seconds:.0f} s", flush=True)
        metrics[arm] = {name: np.mean([each[name] for each in found], axis=0) for name in found[0]}
    differences = {
        f"{one} - {other}": {part: case.interval(metrics[one], metrics[other], part) for part in case.parts}
        for one, other in COMPARED
        if one in metrics and other in metrics
    }
    return {
        "lists": {part: int(kept.sum()) for part, kept in case.parts.items()},
        "means": {name: case.means(each) for name, each in metrics.items()},
        "differences in MRR": differences,
        "runs": runs,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    data_option(parser)
    parser.add_argument("--log", nargs="+", choices=("trivago", "shop"), default=("trivago", "shop"))
    seeds_option(parser)
    out_option(parser)
    given, line = parse_words(parser, "bench.impressions", arguments)
    result: dict[str, Any] = {"machine": describe(), "line": line}
    with tempfile.TemporaryDirectory() as folder:
        try:
            samplew = find_samplew()
            for name in given.log:
                log = trivago(find_data(given.data)) if name == "trivago" else shop(0)
                settings, validation = choose(make_case(divide(log)[0], Path(folder), samplew))
                test = judge(make_case(log, Path(folder), samplew), settings, given.seeds)
                result[name] = {"validation": validation, "test": test}
                write_result(given.out, result)
        except (DataError, CommandError) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
