"""What do item tables gain without the rows that suit their user least? On shops whose accidents are known.

python -m bench.denoising --seeds 0 1 --out bench/results/denoising.json

Models of one shop that differ in the rows their tables are learned from: all; those that ``denoise`` leaves;
as many by chance, which must not help; and all but the accidents, by a truth that no other arm reads. None is
weighted. Judged by what the users truly take next, the users of all seeds together.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from unittest.mock import patch

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.command import new_parser, out_option, parse_words, seeds_option, write_result
from bench.machine import describe
from bench.shop import CLICKS_PER_USER, CUTS, METRICS, Kind, Size, kinds
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Interactions, build_interactions
from samplew_gbm.data.simulate import Shop, simulate_shop
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.pipeline import evaluate_users, fit, learning, prepare
from samplew_gbm.pipeline.denoising import fitness
from samplew_gbm.settings import Settings

ALL, DENOISED, CHANCE, ORACLE = "all rows", "denoised", "by chance", "without accidents"
ARMS = (ALL, DENOISED, CHANCE, ORACLE)
SHOPS = ("clean", "10% popular", "30% popular", "60% popular", "30% uniform")

Values = dict[str, NDArray[np.float64]]


def left(arm: str, shop: Shop, log: Interactions, settings: Settings) -> Interactions:
    """The rows of ``log`` that the arms beside the product's own leave to the tables."""
    if arm == ORACLE:
        return log.take(~shop.accidental[log.row])
    dropped = np.random.default_rng((settings.random_state, len(log))).random(len(log)) < settings.denoise
    return log.take(~dropped)


@contextmanager
def tables_of(arm: str, shop: Shop) -> Iterator[None]:
    """While it lasts, the product's choice of rows is replaced by the one that an arm is compared by."""
    if arm in (ALL, DENOISED):
        yield
        return
    with patch.object(learning, "denoised", lambda log, settings, n_threads: left(arm, shop, log, settings)):
        yield


def judged(
    kind: Kind, seed: int, size: Size, share: float, n_threads: int
) -> tuple[dict[str, Values], float]:
    """The metrics of each user by each arm, and the chance that an accident fits worse than another click."""
    n_clicks = size.n_users * CLICKS_PER_USER
    shop = simulate_shop(size.n_users, size.n_items, n_clicks, kind.noise, seed, accidents=kind.accidents)
    log, _ = clean(build_interactions(shop.log))
    found = {}
    for arm in ARMS if kind.noise else ARMS[:-1]:
        settings = msgspec.structs.replace(
            size.settings(seed), importance="none", denoise=0.0 if arm == ALL else share
        )
        with tables_of(arm, shop):
            model = fit(prepare(log, settings, n_threads=n_threads), settings, n_threads=n_threads)
        values = evaluate_users(model, shop.truth, ks=CUTS, n_threads=n_threads).per_user
        found[arm] = {metric: values[metric] for metric in METRICS}
    auc = rank_auc(-fitness(log, seed, n_threads=n_threads), shop.accidental[log.row])
    return found, auc


def summary(kind: Kind, runs: Sequence[tuple[dict[str, Values], float]]) -> dict[str, Any]:
    """Metrics by all rows, and what each arm gains over all users; ``auc`` is None on a clean shop."""
    joined = {
        metric: {arm: np.concatenate([found[arm][metric] for found, _ in runs]) for arm in runs[0][0]}
        for metric in METRICS
    }
    gains = {
        metric: {arm: asdict(paired_difference(each, arms[ALL])) for arm, each in arms.items() if arm != ALL}
        for metric, arms in joined.items()
    }
    return {
        "shop": str(kind),
        ALL: {metric: float(arms[ALL].mean()) for metric, arms in joined.items()},
        "gains": gains,
        "auc": float(np.mean([auc for _, auc in runs])) if kind.noise else None,
        "by_seed": [
            {
                arm: {metric: float(each.mean()) for metric, each in values.items()}
                for arm, values in found.items()
            }
            for found, _ in runs
        ],
    }


def table(summaries: Sequence[dict[str, Any]], metric: str) -> Iterator[str]:
    """Lines in Markdown: relative gains with their intervals."""
    yield f"| shop | {metric}, {ALL} | {' | '.join(ARMS[1:])} | AUC |"
    yield "|" + "---|" * (len(ARMS) + 2)
    for each in summaries:
        base, gains = each[ALL][metric], each["gains"][metric]
        cells = [
            ""
            if arm not in gains
            else "{mean:+.1%} ({low:+.1%} to {high:+.1%})".format(
                **{name: gains[arm][name] / base for name in ("mean", "low", "high")}
            )
            for arm in ARMS[1:]
        ]
        auc = "" if each["auc"] is None else f"{each['auc']:.3f}"
        yield f"| {each['shop']} | {base:.4f} | {' | '.join(cells)} | {auc} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    seeds_option(parser)
    parser.add_argument(
        "--share", type=float, default=0.3, help="of the rows that tables are not learned from"
    )
    parser.add_argument("--shops", nargs="+", choices=[str(kind) for kind in kinds()], default=SHOPS)
    parser.add_argument("--users", type=int, default=Size().n_users)
    parser.add_argument("--items", type=int, default=Size().n_items)
    parser.add_argument("--threads", type=int, default=2)
    out_option(parser)
    given, line = parse_words(parser, "bench.denoising", arguments)
    size = Size(given.users, given.items, queries="visits")
    result: dict[str, Any] = {"machine": describe(), "line": line, "share": given.share, "shops": []}
    result |= {**asdict(size), "clicks_per_user": CLICKS_PER_USER}
    for kind in [each for each in kinds() if str(each) in given.shops]:
        runs = [judged(kind, seed, size, given.share, given.threads) for seed in given.seeds]
        result["shops"].append(summary(kind, runs))
        print("\n".join(list(table(result["shops"], METRICS[0]))[len(result["shops"]) + 1 :]), flush=True)
        write_result(given.out, result)
    for metric in METRICS:
        print("\n".join(["", *table(result["shops"], metric)]))


if __name__ == "__main__":
    main()
