"""Do grades of events help to find what matters most? Trained with and without, judged by later purchases.

python -m bench.grades --data DIR --seeds 0 1 --threads 1 --out bench/results/grades.json

A log with several behaviours is cut at a time. Three models learn from the rows before it: without grades,
with one grade for all (``visits``: rows of a visit are one query, as grades have it), and with grades. They
rank the catalogue for users who were there, judged by the new items of their strongest events after it:
clickouts of Trivago, purchases of a simulated shop. Nothing is chosen by these rows.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.command import (
    data_option,
    new_parser,
    out_option,
    parse_words,
    seeds_option,
    threads_option,
    write_result,
)
from bench.datasets import DataError, find_data
from bench.lists import TRIVAGO
from bench.machine import describe
from samplew_gbm import Settings, build_interactions, train
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import event_log
from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.pipeline import evaluate_users

HELD_OUT = 0.2  # of the rows, the latest
METRICS, CUTS = ("NDCG@10", "Recall@20"), (10, 20)
SETTINGS = Settings(n_queries=6000, linear_items=2500)  # less than the defaults, so that it takes minutes
KEY = ["user_id", "item_id"]
PREFIX = "interaction item "

Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Behaviours:
    """A log with ``event``; ``grades`` as the setting takes them, and the event that is judged by."""

    log: pa.Table
    grades: str
    strongest: str


def trivago(data: Path) -> Behaviours:
    """What users did with hotels: looked at pictures, ratings, deals, or left for the offer."""
    path = data / TRIVAGO
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    table = pq.read_table(path, columns=["user_id", "reference", "timestamp", "action_type"])
    action = table["action_type"]
    of_item = pc.or_(pc.starts_with(action, PREFIX), pc.equal(action, "clickout item"))
    table = table.filter(pc.and_(of_item, pc.utf8_is_digit(table["reference"])))
    event = pc.replace_substring(pc.replace_substring(table["action_type"], PREFIX, ""), " item", "")
    log = pa.table(
        {
            "user_id": table["user_id"],
            "item_id": table["reference"],
            "timestamp": pc.cast(table["timestamp"], pa.float64()),
            "event": event,
        }
    )
    return Behaviours(log, "image=1,info=1,rating=1,deals=1,clickout=2", "clickout")


def shop(n_users: int = 1500, n_items: int = 2000, n_clicks: int = 40_000) -> Behaviours:
    """A simulated shop, three in ten of whose views are accidents; carts and purchases are not."""
    simulated = simulate_shop(n_users, n_items, n_clicks, noise=0.3, random_state=0)
    return Behaviours(event_log(simulated), "view=1,cart=2,purchase=3", "purchase")


def divide(case: Behaviours) -> tuple[pa.Table, pa.Table]:
    """Rows before the cut; and the strongest events after it, of known users, on items new to them."""
    cut = np.quantile(case.log["timestamp"].to_numpy(), 1 - HELD_OUT)
    before = case.log.filter(pc.less(case.log["timestamp"], cut))
    after = case.log.filter(
        pc.and_(pc.greater_equal(case.log["timestamp"], cut), pc.equal(case.log["event"], case.strongest))
    )
    after = after.select(KEY).join(before.select(KEY), KEY, join_type="left anti")
    known = pc.is_in(after["user_id"], value_set=before["user_id"].combine_chunks())
    wanted = after.filter(known).group_by(KEY).aggregate([])
    return before, wanted.sort_by([(key, "ascending") for key in KEY])


def judge(case: Behaviours, seeds: Sequence[int], threads: int | None) -> dict[str, Any]:
    """Every arm; the metrics of a user are the means of the seeds."""
    before, test = divide(case)
    log, _ = clean(build_interactions(before))
    one = ",".join(f"{each.partition('=')[0]}=1" for each in case.grades.split(","))
    found, runs = {}, []
    for arm, grades in {"off": "", "visits": one, "grades": case.grades}.items():
        trained = []
        for seed in seeds:
            begin = time.perf_counter()
            settings = msgspec.structs.replace(SETTINGS, grades=grades, random_state=seed)
            model = train(log, settings, gate=False, n_threads=threads)
            trained.append(evaluate_users(model, test, ks=CUTS, n_threads=threads).per_user)
            means = {name: round(float(trained[-1][name].mean()), 5) for name in METRICS}
            runs.append({"arm": arm, "seed": seed, "seconds": round(time.perf_counter() - begin, 1), **means})
            print(runs[-1], flush=True)
        found[arm] = {name: np.mean([each[name] for each in trained], axis=0) for name in METRICS}
    return {
        "rows": before.num_rows,
        "users": len(test["user_id"].unique()),
        "grades": case.grades,
        "judged by": case.strongest,
        "differences": {
            f"{arm} - {other}": compared(found[arm], found[other])
            for arm, other in (("grades", "off"), ("grades", "visits"), ("visits", "off"))
        },
        "runs": runs,
    }


def compared(one: Values, other: Values) -> dict[str, Any]:
    """Paired 95 % intervals over users."""
    return {name: asdict(paired_difference(one[name], other[name])) for name in METRICS}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    data_option(parser)
    parser.add_argument("--log", nargs="+", choices=("trivago", "shop"), default=("trivago", "shop"))
    seeds_option(parser)
    threads_option(parser)
    out_option(parser)
    given, line = parse_words(parser, "bench.grades", arguments)
    result: dict[str, Any] = {
        "machine": describe(),
        "line": line,
        "settings": f"n_queries={SETTINGS.n_queries} linear_items={SETTINGS.linear_items}, no gate",
    }
    try:
        for name in given.log:
            case = trivago(find_data(given.data)) if name == "trivago" else shop()
            result[name] = judge(case, given.seeds, given.threads)
    except DataError as error:
        sys.exit(str(error))
    write_result(given.out, result)


if __name__ == "__main__":
    main()
