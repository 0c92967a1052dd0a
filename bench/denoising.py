"""How much of what is gained without accidents is gained by finding them? On shops whose accidents are known.

python -m bench.denoising --seeds 0 1 --out bench/results/denoising.json

Models of one shop that differ in the rows their tables are learned from and asked with, and in the weights
of the ranker: all rows, or those that ``denoise=-1`` leaves; no weights, or the importance ``taste``. Beside
them as many rows left out by chance, which must not help; and oracles that know the accidents, which no other
arm does: tables and histories without them, weights near 0 for them, both; and one whose histories stay
whole. The gate is that of the defaults; it chooses by purchases, half of the clicks that are meant. All are
judged by what the users truly take next, the users of all seeds together; the seeds are run at once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any
from unittest.mock import patch

import msgspec
import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from bench.command import new_parser, out_option, parse_words, seeds_option, write_result
from bench.machine import describe
from bench.shop import (
    CLICKS_PER_USER,
    CUTS,
    METRICS,
    Kind,
    Size,
    earlier,
    kinds,
    known,
    together,
    told,
)
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Interactions, build_interactions
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Queries
from samplew_gbm.data.simulate import Shop, simulate_shop
from samplew_gbm.data.trusted import Trusted
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.embeddings.taste import some_rows
from samplew_gbm.evaluation.bootstrap import Difference, paired_difference
from samplew_gbm.importance.taste import NOTABLE_SHARE
from samplew_gbm.pipeline import Prepared, evaluate_users, fit, learning, prepare, requests, samples
from samplew_gbm.pipeline.accidents import judge_as_set
from samplew_gbm.pipeline.denoising import Denoised
from samplew_gbm.pipeline.gating import judge_weights
from samplew_gbm.progress import Progress
from samplew_gbm.settings import FIND, Settings

ALL, DENOISED, CHANCE, ORACLE = "all rows", "denoised", "by chance", "without accidents"
TABLES = "tables without accidents"
WEIGHTS = {
    ALL: ("none", "taste", "external"),
    DENOISED: ("none", "taste"),
    CHANCE: ("none",),
    TABLES: ("external",),
    ORACLE: ("none", "external"),
}
"""Of the tables and histories of each choice of rows, the weights that rankers are trained with."""
BASE, GATE = f"{ALL}, none", "gate"
BOUGHT = Trusted(event="purchase")  # what the gate asks by
ORACLE_OF = {
    f"{ALL}, taste": f"{ALL}, external",
    f"{DENOISED}, none": f"{ORACLE}, none",
    f"{DENOISED}, taste": f"{ORACLE}, external",
    GATE: f"{ORACLE}, external",
}
"""Which oracle has of the truth what an arm has to find."""

Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One shop: metrics of each user by each arm, and what was told of its accidents.

    ``share`` that was found, ``auc`` the chance that an accident has lower odds than another click, ``gate``
    what it said, or None where it was not asked.
    """

    seed: int
    per_user: dict[str, Values]
    share: float
    auc: float
    gate: str | None


def left_out(arm: str, shop: Shop, share: float, seed: int) -> NDArray[np.bool_]:
    """The rows of the shop's log that the arms beside the product's own leave out."""
    if arm != CHANCE:
        return shop.accidental
    return np.random.default_rng((seed, len(shop.accidental))).random(len(shop.accidental)) < share


def told_of(queries: Queries, keys: NDArray[np.int64], n_items: int) -> Queries:
    """The queries without the ``keys``, user x item, in their histories; with all of who has no others."""
    histories, users = queries.histories, queries.user_index
    assert users is not None
    kept = ~np.isin(users[histories.owner].astype(np.int64) * n_items + histories.items, keys)
    return replace(queries, without_accidents=some_rows(histories, kept))


@contextmanager
def rows_of(arm: str, log: Interactions, out: NDArray[np.bool_]) -> Iterator[None]:
    """While it lasts, the product's choice of rows is another: ``out``, of the shop's log, are left out of
    tables, and of histories unless the arm keeps these whole."""
    if arm in (ALL, DENOISED):
        yield
        return
    gone, keys = out[log.row], log.user_index.astype(np.int64) * log.n_items + log.item_index
    keys = np.setdiff1d(keys[gone], keys[~gone])  # who took an item once by accident may have meant it later

    def chosen(some: Interactions, settings: Settings, *, n_threads: int) -> Denoised:
        return Denoised(some.take(~out[some.row]), None)

    def meant(queries: Queries, tables: ItemTables) -> Queries:
        return queries if arm == TABLES else told_of(queries, keys, log.n_items)

    with (
        patch.object(learning, "denoised", chosen),
        patch.object(samples, "with_meant", meant),
        patch.object(requests, "with_meant", meant),
    ):
        yield


def judged(kind: Kind, seed: int, size: Size, n_threads: int, *, gate: bool = True) -> Judged:
    """Every arm on one shop; without accidents the oracles are left out."""
    n_clicks = size.n_users * CLICKS_PER_USER
    shop = simulate_shop(size.n_users, size.n_items, n_clicks, kind.noise, seed, accidents=kind.accidents)
    log, _ = clean(build_interactions(told(shop, seed)))
    rows = judge_as_set(log, seed, n_threads=n_threads)
    prepared: dict[str, Prepared] = {}
    found: dict[str, Values] = {}
    for arm, weights in WEIGHTS.items():
        if arm in (TABLES, ORACLE) and not kind.noise:
            continue
        settings = msgspec.structs.replace(size.settings(seed), denoise=0.0 if arm == ALL else FIND)
        chosen = {
            f"{arm}, {name}": msgspec.structs.replace(settings, importance=name)
            for name in weights
            if kind.noise or name != "external"
        }
        with rows_of(arm, log, left_out(arm, shop, rows.share, seed)):
            ask = BOUGHT.rows(log) if gate and arm in (ALL, DENOISED) else None
            prepared[arm] = prepare(log, settings, ask=ask, n_threads=n_threads)
            found |= {name: reached(prepared[arm], own, shop, n_threads) for name, own in chosen.items()}
    words = None
    if gate:
        final, words = gated(prepared, rows.share, size.settings(seed), n_threads)
        found[GATE] = reached(prepared[DENOISED if final.denoise else ALL], final, shop, n_threads)
    auc = rank_auc(-rows.log_odds.astype(np.float64), shop.accidental[log.row])
    return Judged(seed, found, rows.share, auc, words)


def gated(
    prepared: dict[str, Prepared], share: float, settings: Settings, n_threads: int
) -> tuple[Settings, str]:
    """What the gate makes of the defaults by purchases, and in words."""
    final, verdict = judge_weights(
        prepared[ALL],
        settings,
        BOUGHT,
        denoised=prepared[DENOISED] if share >= NOTABLE_SHARE else None,
        n_threads=n_threads,
        progress=Progress(),
    )
    return final, verdict.words()


def reached(prepared: Prepared, settings: Settings, shop: Shop, n_threads: int) -> Values:
    """The metrics of each user by a model of these settings."""
    model = fit(prepared, settings, n_threads=n_threads)
    values = evaluate_users(model, shop.truth, ks=CUTS, n_threads=n_threads).per_user
    return {metric: values[metric] for metric in METRICS}


def summary(kind: Kind, runs: Sequence[Judged]) -> dict[str, Any]:
    """Metrics by all rows, what each arm gains over all users, and its share of the oracle's gain."""
    gains = {metric: gains_of(runs, metric) for metric in METRICS}
    return {
        "shop": str(kind),
        BASE: {metric: next(iter(arms.values())).baseline for metric, arms in gains.items()},
        "gains": {
            metric: {arm: asdict(each) for arm, each in arms.items()} for metric, arms in gains.items()
        },
        "recovered": {metric: recovered(arms) for metric, arms in gains.items()},
        "share": float(np.mean([run.share for run in runs])),
        "auc": known(float(np.mean([run.auc for run in runs]))),
        "runs": [
            {
                "seed": run.seed,
                "share": run.share,
                "auc": known(run.auc),
                "gate": run.gate,
                "metrics": {
                    arm: {metric: float(each.mean()) for metric, each in values.items()}
                    for arm, values in run.per_user.items()
                },
            }
            for run in runs
        ],
    }


def gains_of(runs: Sequence[Judged], metric: str) -> dict[str, Difference]:
    """Each arm against all rows without weights, over the users of all runs."""
    joined = {arm: np.concatenate([run.per_user[arm][metric] for run in runs]) for arm in runs[0].per_user}
    return {arm: paired_difference(each, joined[BASE]) for arm, each in joined.items() if arm != BASE}


def recovered(gains: dict[str, Difference]) -> dict[str, float]:
    """The share of its oracle's gain that an arm has, where that oracle is sure to gain."""
    return {
        arm: gains[arm].mean / gains[oracle].mean
        for arm, oracle in ORACLE_OF.items()
        if arm in gains and oracle in gains and gains[oracle].low > 0
    }


def table(summaries: Sequence[dict[str, Any]], metric: str) -> Iterator[str]:
    """Lines in Markdown: relative gains with their intervals, and shares of the oracle's gain."""
    arms = [*[f"{arm}, {name}" for arm, weights in WEIGHTS.items() for name in weights][1:], GATE]
    yield f"| shop | {metric} | {' | '.join(arms)} | share found | AUC |"
    yield "|" + "---|" * (len(arms) + 4)
    for each in summaries:
        base, gains, shares = each[BASE][metric], each["gains"][metric], each["recovered"][metric]
        cells = [_cell(gains[arm], base, shares.get(arm)) if arm in gains else "" for arm in arms]
        auc = "" if each["auc"] is None else f"{each['auc']:.3f}"
        yield f"| {each['shop']} | {base:.4f} | {' | '.join(cells)} | {each['share']:.2f} | {auc} |"


def _cell(gain: dict[str, float], base: float, share: float | None) -> str:
    mean, low, high = (gain[name] / base for name in ("mean", "low", "high"))
    return f"{mean:+.1%} ({low:+.1%} to {high:+.1%})" + ("" if share is None else f" [{share:.0%}]")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    seeds_option(parser)
    parser.add_argument("--shops", nargs="+", choices=[str(kind) for kind in kinds()], metavar="NAME")
    parser.add_argument("--add", action="store_true", help="keep the other shops that are in OUT")
    parser.add_argument("--users", type=int, default=Size().n_users)
    parser.add_argument("--items", type=int, default=Size().n_items)
    parser.add_argument("--n-queries", type=int, default=Size().n_queries, help="to learn from, at most")
    parser.add_argument("--no-gate", action="store_true", help="leave out the gate, most of the work")
    parser.add_argument("--threads", type=int, default=1, help="of each seed")
    out_option(parser)
    given, line = parse_words(parser, "bench.denoising", arguments)
    size = Size(given.users, given.items, given.n_queries, "visits")
    result: dict[str, Any] = {"machine": describe(), "line": line}
    result |= {**asdict(size), "clicks_per_user": CLICKS_PER_USER, "shops": []}
    others, new = earlier(given.out, result) if given.add else [], []
    for kind in [each for each in kinds() if given.shops is None or str(each) in given.shops]:
        runs = Parallel(len(given.seeds))(
            delayed(judged)(kind, seed, size, given.threads, gate=not given.no_gate) for seed in given.seeds
        )
        new.append(summary(kind, runs))
        print(*list(table(new[-1:], METRICS[0]))[2:], flush=True)
        result["shops"] = together(new, others)
        write_result(given.out, result)
    for metric in METRICS:
        print("\n".join(["", *table(result["shops"], metric)]))


if __name__ == "__main__":
    main()
