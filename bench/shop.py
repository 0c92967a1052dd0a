"""How much of what perfect weights gain do learned ones gain? On shops whose accidental clicks are known.

python -m bench.shop --seeds 0 1 --out bench/results/shop.json

The *oracle* weighs accidental clicks near 0 and a user's others alike; it reads the truth through the log's
value column, which no other arm looks at. Half of the other clicks are purchases: the label that the gate may
trust. Models are judged by what the users truly take next. Users of all seeds' shops are judged together.
"""

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.command import new_parser, out_option, parse_words, seeds_option, write_result
from bench.machine import describe
from samplew_gbm.columns import EVENT, VALUE
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.simulate import ACCIDENTS, Shop, simulate_shop
from samplew_gbm.data.trusted import Trusted
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.evaluation.bootstrap import Difference, paired_difference
from samplew_gbm.pipeline import Prepared, evaluate_users, fit, prepare, row_weights
from samplew_gbm.pipeline.gating import judge_weights
from samplew_gbm.pipeline.verdict import Verdict
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import QUERIES, Settings

TWIN, ORACLE, PAIRS = "none", "oracle", "oracle, pairs"
SCHEMES = ("attention", "r_ce", "loss_rank", "consensus")
GATES = {"gate": None, "gate, purchases": Trusted(event="purchase"), "gate, all rows": Trusted()}
METRICS, CUTS = ("NDCG@10", "Recall@20"), (10, 20)
NOISES = (0.1, 0.3, 0.6)
CLICKS_PER_USER = 60
PURCHASED = 0.5  # of the clicks that are no accident

Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of shop: the share of accidental clicks, and what they hit."""

    noise: float
    accidents: str

    def __str__(self) -> str:
        return f"{self.noise:.0%} {self.accidents}" if self.noise else "clean"


@dataclass(frozen=True, slots=True)
class Size:
    """Of every shop, and what is learned from it: less than by default, so that it takes a minute."""

    n_users: int = 1000
    n_items: int = 2000
    n_queries: int = 5000
    queries: str = "rows"

    def settings(self, seed: int) -> Settings:
        return Settings(random_state=seed, n_queries=self.n_queries, queries=self.queries, linear_items=2000)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One shop: metrics of each user and trees of each arm, what the gates said, AUC of importance."""

    seed: int
    per_user: dict[str, Values]
    n_trees: dict[str, int]
    verdicts: dict[str, Verdict]
    auc: dict[str, float]
    seconds: float


def kinds() -> list[Kind]:
    """The clean shop, which has but one kind, and the others."""
    return [Kind(0.0, ACCIDENTS[0]), *(Kind(noise, kind) for kind in ACCIDENTS for noise in NOISES)]


def told(shop: Shop, seed: int) -> pa.Table:
    """The log with the oracle's truth as its values, and with purchases among the clicks that are meant."""
    bought = ~shop.accidental & (np.random.default_rng((seed, 3)).random(len(shop.accidental)) < PURCHASED)
    log = shop.log.append_column(VALUE, pa.array((~shop.accidental).astype(float)))
    return log.append_column(EVENT, pa.array(np.where(bought, "purchase", "click")))


class Bench:
    """All models of one shop, which share what was learned from it; none is trained twice."""

    def __init__(self, kind: Kind, seed: int, size: Size) -> None:
        n_clicks = size.n_users * CLICKS_PER_USER
        self.shop = simulate_shop(
            size.n_users, size.n_items, n_clicks, kind.noise, seed, accidents=kind.accidents
        )
        self.log, _ = clean(build_interactions(told(self.shop, seed)))
        self.settings = size.settings(seed)
        self.prepared: Prepared = prepare(self.log, self.settings)
        self._known: dict[Settings, tuple[Values, int]] = {}

    def trained(self, settings: Settings) -> tuple[Values, int]:
        """The metrics of each user by a model of these settings, and its trees."""
        if settings not in self._known:
            model = fit(self.prepared, settings)
            found = evaluate_users(model, self.shop.truth, ks=CUTS).per_user
            self._known[settings] = {name: found[name] for name in METRICS}, model.ranker.n_trees
        return self._known[settings]

    def gated(self, trusted: Trusted | None) -> tuple[Settings, Verdict]:
        """What a gate makes of the defaults."""
        ask = np.ones(len(self.log), bool) if trusted is None else trusted.rows(self.log)
        return judge_weights(
            prepare(self.log, self.settings, ask=ask),
            self.settings,
            trusted,
            n_threads=resolve_threads(None),
            progress=Progress(),
        )

    def arms(self) -> dict[str, Settings]:
        """All that no gate decides, the twin first."""
        oracle = self.of_scheme("external")
        pairs = msgspec.structs.replace(oracle, weighting="pair")
        schemes = {name: self.of_scheme(name) for name in SCHEMES}
        return {TWIN: self.of_scheme("none"), ORACLE: oracle, PAIRS: pairs, **schemes}

    def of_scheme(self, name: str) -> Settings:
        return msgspec.structs.replace(self.settings, importance=name)

    def auc(self, scheme: str) -> float:
        """The chance that an accident has less importance than another click; NaN without accidents."""
        interactions, samples = self.prepared.interactions, self.prepared.samples
        weights = row_weights(interactions, samples, self.of_scheme(scheme), n_threads=resolve_threads(None))
        judged = np.concatenate([part.judged_rows for part in samples])
        return rank_auc(-weights.importance[judged], self.shop.accidental[interactions.row[judged]])


def judge(kind: Kind, seed: int, size: Size, gates: Sequence[str]) -> Judged:
    """Every arm on one shop."""
    begin = time.perf_counter()
    bench = Bench(kind, seed, size)
    arms, verdicts = bench.arms(), {}
    for gate in gates:
        arms[gate], verdicts[gate] = bench.gated(GATES[gate])
    trained = {arm: bench.trained(settings) for arm, settings in arms.items()}
    return Judged(
        seed=seed,
        per_user={arm: values for arm, (values, _) in trained.items()},
        n_trees={arm: n_trees for arm, (_, n_trees) in trained.items()},
        verdicts=verdicts,
        auc={name: bench.auc(name) for name in SCHEMES},
        seconds=time.perf_counter() - begin,
    )


def gains(runs: Sequence[Judged], metric: str) -> dict[str, Difference]:
    """Each arm against the twin, over the users of all runs."""

    def joined(arm: str) -> NDArray[np.float64]:
        return np.concatenate([run.per_user[arm][metric] for run in runs])

    twin = joined(TWIN)
    return {arm: paired_difference(joined(arm), twin) for arm in runs[0].per_user if arm != TWIN}


def recovered(found: dict[str, Difference]) -> dict[str, float] | None:
    """Each arm's share of the oracle's gain; ``None`` where the oracle is not sure to gain."""
    oracle = found[ORACLE]
    if not oracle.low > 0:
        return None
    return {arm: each.mean / oracle.mean for arm, each in found.items() if arm not in (ORACLE, PAIRS)}


def summary(kind: Kind, runs: Sequence[Judged]) -> dict[str, Any]:
    """All that is written of one kind of shop."""
    found = {metric: gains(runs, metric) for metric in METRICS}
    return {
        "shop": str(kind),
        **asdict(kind),
        "twin": {metric: arms[ORACLE].baseline for metric, arms in found.items()},
        "gains": {
            metric: {arm: asdict(each) for arm, each in arms.items()} for metric, arms in found.items()
        },
        "recovered": {metric: recovered(arms) for metric, arms in found.items()},
        "auc": {name: known(np.mean([run.auc[name] for run in runs])) for name in SCHEMES},
        "runs": [
            {
                "seed": run.seed,
                "seconds": run.seconds,
                "metrics": {
                    arm: {metric: float(each.mean()) for metric, each in values.items()}
                    for arm, values in run.per_user.items()
                },
                "n_trees": run.n_trees,
                "auc": {name: known(auc) for name, auc in run.auc.items()},
                "verdicts": {
                    gate: {**msgspec.to_builtins(each), "words": each.words()}
                    for gate, each in run.verdicts.items()
                },
            }
            for run in runs
        ],
    }


def known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else float(value)


def table(summaries: Sequence[dict[str, Any]], metric: str) -> Iterator[str]:
    """Lines in Markdown: the relative gains of all arms, and beside them their share of the oracle's."""
    arms = [ORACLE, PAIRS, *SCHEMES, "gate", "gate, purchases"]
    yield f"| shop | twin's {metric} | {' | '.join(arms)} | AUC of attention |"
    yield "|" + "---|" * (len(arms) + 3)
    for each in summaries:
        cells = [_cell(each, metric, arm) for arm in arms]
        auc = each["auc"]["attention"]
        last = "" if auc is None else f"{auc:.3f}"
        yield f"| {each['shop']} | {each['twin'][metric]:.4f} | {' | '.join(cells)} | {last} |"


def _cell(each: dict[str, Any], metric: str, arm: str) -> str:
    gain, twin = each["gains"][metric][arm], each["twin"][metric]
    words = f"{gain['mean'] / twin:+.1%}"
    if arm in (ORACLE, PAIRS):
        return words + f" ({gain['low'] / twin:+.1%} to {gain['high'] / twin:+.1%})"
    shares = each["recovered"][metric]
    if shares is not None:
        words += f" [{shares[arm]:.0%}]"
    if arm in GATES:
        kept = [run["verdicts"][arm]["kept"] for run in each["runs"]]
        words += f", kept {sum(kept)} of {len(kept)}"
    return words


def earlier(out: Path, result: dict[str, Any]) -> list[dict[str, Any]]:
    """The shops of a former run of the same sizes; how that was run is kept in the result too."""
    former = json.loads(out.read_text())
    sizes = ("n_users", "n_items", "n_queries", "clicks_per_user")
    if (
        any(former[name] != result[name] for name in sizes)
        or former.get("queries", "rows") != result["queries"]
    ):
        sys.exit(f"{out} has shops of other sizes or queries")
    result["earlier"] = [
        *former.get("earlier", []),
        {"machine": former["machine"], "line": former["line"]},
    ]
    shops: list[dict[str, Any]] = former["shops"]
    return shops


def together(new: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """New and former shops, those that are in both as they are now, in the order of ``kinds``."""
    found = {each["shop"]: each for each in (*others, *new)}
    return [found[str(kind)] for kind in kinds() if str(kind) in found]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    seeds_option(parser)
    parser.add_argument("--users", type=int, default=Size().n_users)
    parser.add_argument("--items", type=int, default=Size().n_items)
    parser.add_argument("--queries", type=int, default=Size().n_queries)
    parser.add_argument("--ask", choices=QUERIES, default=Size().queries, help="the setting queries")
    parser.add_argument("--shops", nargs="+", choices=[str(kind) for kind in kinds()], metavar="NAME")
    parser.add_argument("--add", action="store_true", help="keep the other shops that are in OUT")
    out_option(parser)
    given, line = parse_words(parser, "bench.shop", arguments)
    size = Size(given.users, given.items, given.queries, given.ask)
    # Recorded before the hours of work: what was run, not what the working copy has become.
    result: dict[str, Any] = {"machine": describe(), "line": line}
    result |= {**asdict(size), "clicks_per_user": CLICKS_PER_USER, "shops": []}
    others = earlier(given.out, result) if given.add else []
    wanted = given.shops or [str(kind) for kind in kinds()]
    runs: dict[Kind, list[Judged]] = {kind: [] for kind in kinds() if str(kind) in wanted}
    for seed in given.seeds:
        for kind, judged in runs.items():
            # Of a clean log a shop may trust every row; of the others it may not.
            gates = list(GATES) if not kind.noise else ["gate", "gate, purchases"]
            judged.append(judge(kind, seed, size, gates))
            print(f"{kind}, seed {seed}: {judged[-1].seconds:.0f} s", flush=True)
            # After every shop: a run that is cut short has told what it found.
            result["shops"] = together(
                [summary(each, found) for each, found in runs.items() if found], others
            )
            write_result(given.out, result)
    for metric in METRICS:
        print("\n".join(["", *table(result["shops"], metric)]))


if __name__ == "__main__":
    main()
