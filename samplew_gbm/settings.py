"""Every setting of a training run, its default and its range: one place, one name for each."""

import math
from collections.abc import Callable

import msgspec

from samplew_gbm.errors import SettingsError

CONTROLS = ("placebo", "wrong_sign")
IMPORTANCE_SCHEMES = (
    "attention",
    "none",
    "centred",
    "taste",
    "uniform",
    "consensus",
    "vectors",
    "r_ce",
    "t_ce",
    "loss_rank",
    "purchase_given_click",
    "inverse_propensity",
    "external",
    "ranker_score",
    "blend",
    *CONTROLS,
)
AXES = ("user", "item", "query")
EMBEDDINGS = ("als", "bpr", "item2vec")
FOLDS = ("auto", "last")
NEGATIVES = ("auto", "plain", "softened", "sharpened")
QUERIES = ("rows", "visits")
OBJECTIVES = ("lambdarank", "rank_xendcg", "binary")
WEIGHTINGS = ("row", "pair", "pair_winner", "pair_mean")
LARGEST_BEHAVIOUR = 1e3
FIND = -1.0  # as position_power or denoise: from the log
HIGHEST_GRADE = 10  # whose gain 2^grade - 1 is that of a thousand of the lowest


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The defaults serve any log; those that depend on the data's size or order adapt to it.

    Raises ``SettingsError`` that names the setting when a value is out of its range.
    """

    importance: str = "attention"
    """How to weigh the samples; ``importance/README.md`` has a table. ``none`` trains the unweighted twin and
    drops the factors below too; for factors alone set ``mix=0``. The controls must not help: ``placebo``
    deals attention out by chance, ``wrong_sign`` turns it around."""
    axis: str = "user"
    """Which samples are compared: those of each ``user``; of each ``item``, whom of its takers it suits; or
    of each ``query``, which the log names, or ``queries`` makes. Schemes of the whole log compare all."""
    temperature: float = 2.0
    """Of the softmax over a user's samples; a large one makes every importance 1."""
    effective_sample: float = 0.0
    """Share that the effective sample size of the importance is brought to by choosing the temperature;
    0 takes ``temperature`` as it is."""
    mix: float = 1.0
    """Share of importance in the weight; the rest is 1."""
    weight_low: float = 0.1
    weight_high: float = 5.0
    negatives: str = "auto"
    """Candidates not taken: ``plain`` weighs all by 1, ``softened`` those that suit the user by less (they
    may only not have been seen), ``sharpened`` those by more. ``auto`` softens them where rows have no order:
    there what is held out is dealt at random from one taste, and others like it were not."""

    queries: str = "rows"
    """What one training query is, where the log names none: ``rows`` asks before each row for it, so that the
    ranker learns most of what comes next within a visit; ``visits`` asks when a visit begins (more than 30
    minutes after the row before) for all that it holds, as recommendations made ahead of visits are asked
    for."""
    grades: str = ""
    """A grade of relevance for each event, whole numbers such as ``view=1,cart=2,purchase=3``; other events
    have 1. A query's item then has the strongest of its events, and the ranker learns the grades. Without a
    query column a visit is one query."""
    behaviour: str = ""
    """A factor for each event, such as ``purchase=3,cart=2``; other events count 1."""
    half_life: float = 0.0
    """Days after which a row counts half; 0 leaves its age out."""
    age_floor: float = 0.1
    """What the oldest row still counts."""
    propensity_power: float = 0.0
    """How far rows of items that many take are weighed down, as they are seen more; 0 not, 1 in full."""
    position_power: float = 0.0
    """How fast places of a list are looked at less, ``1 / position ** power``: rows taken from low places
    count more. 0 leaves positions out; -1 finds the power from items shown in several places."""
    value_power: float = 0.0
    """How much users of high mean value count more; 0 not, 1 in proportion."""

    embeddings: str = "als"
    """What learns them: alternating least squares (``als``), Bayesian personalised ranking (``bpr``), or
    skip-gram over histories (``item2vec``)."""
    n_factors: int = 0
    """Width of the embeddings; 0 chooses one by the size of the catalogue."""
    n_epochs: int = 12
    """Sweeps of the alternating least squares; the other learners pass four times as often over the log."""
    regularization: float = 0.05
    """Of the alternating least squares."""
    alpha: float = 10.0
    """Confidence of one interaction above none, in the alternating least squares and where users are folded
    in."""
    linear_items: int = 15_000
    """Catalogues up to this size get the linear item model, which costs their size cubed."""

    spectral_factors: int = -1
    """Frequencies of the graph of users and items that its filter lets through; -1 chooses by the size of the
    catalogue, 0 leaves the filter out."""
    next_epochs: int = 6
    """Passes of the softmax model of what comes next over logs whose rows have an order, fewer over large
    ones; 0 leaves the model out."""

    denoise: float = 0.0
    """Share of the rows that item tables are not learned from, and not asked with in histories: those
    likeliest to be accidents, as topics of taste beside a background tell. -1 finds the share from the log.
    At 0 a gate with a trusted label also judges -1 where the log tells of accidents, and may choose it."""

    n_candidates: int = 60
    """Items that each candidate source may nominate for a query."""
    n_negatives: int = 60
    """Candidates not taken that a training query keeps for each taken one, drawn at random."""
    max_history: int = 50
    """Items of a history that attention looks back on."""
    n_queries: int = 60_000
    """Training queries at most; the latest positions of the users come first."""
    folds: str = "auto"
    """``auto`` cuts by the clock where there is one. ``last`` judges each user's last rows, whatever others
    did later: for leave-last-out benchmarks, whose tests know the future too. On a test that really lies in
    the future it ranks worse (measured in bench/README.md)."""
    n_folds: int = 4

    objective: str = "lambdarank"
    weighting: str = "row"
    """``row`` multiplies a row's gradient by its weight. The others multiply what each pair of rows adds to
    it: ``pair`` by both weights, ``pair_winner`` by that of the better row, ``pair_mean`` by their mean; they
    need ``lambdarank``."""
    n_rankers: int = 3
    """Rankers whose scores are added: each stops on a tenth of the users of its own, and none is alone with
    the luck of its draw."""
    n_trees: int = 600
    """Of each ranker, at most."""
    learning_rate: float = 0.06
    n_leaves: int = 16
    leaf_regularization: float = 1.0
    """Added to the hessian of every leaf: LightGBM's ``lambda_l2``."""

    random_state: int = 0

    def __post_init__(self) -> None:
        _one_of("importance", self.importance, IMPORTANCE_SCHEMES)
        _one_of("axis", self.axis, AXES)
        _one_of("negatives", self.negatives, NEGATIVES)
        _one_of("queries", self.queries, QUERIES)
        _one_of("embeddings", self.embeddings, EMBEDDINGS)
        _one_of("folds", self.folds, FOLDS)
        _one_of("objective", self.objective, OBJECTIVES)
        _one_of("weighting", self.weighting, WEIGHTINGS)
        behaviour_factors(self.behaviour)
        event_grades(self.grades)
        for name, least, most in _RANGES:
            value = getattr(self, name)
            _check_number(name, value, whole=isinstance(least, int))
            if not (least <= value <= most) or math.isnan(value):
                raise SettingsError(f"{name} is {value}; give a value from {least} to {most}")
        for name in ("position_power", "denoise"):
            if FIND < (value := getattr(self, name)) < 0:
                raise SettingsError(f"{name} is {value}; give one from 0 on, or {FIND:g} to find it")
        if self.weight_low > self.weight_high:
            raise SettingsError(f"weight_low is {self.weight_low}, above weight_high {self.weight_high}")
        if self.weighting != "row" and self.objective != "lambdarank":
            raise SettingsError(
                f"weighting is {self.weighting!r}, which needs objective lambdarank; "
                f"objective is {self.objective!r}"
            )


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("temperature", 1e-3, 1e6),
    ("effective_sample", 0.0, 0.999),
    ("mix", 0.0, 1.0),
    ("weight_low", 0.0, 1.0),
    ("weight_high", 1.0, 1e3),
    ("half_life", 0.0, 1e6),
    ("age_floor", 1e-6, 1.0),
    ("propensity_power", 0.0, 1.0),
    ("position_power", -1.0, 4.0),
    ("value_power", 0.0, 4.0),
    ("denoise", -1.0, 0.9),
    ("n_factors", 0, 512),
    ("n_epochs", 1, 1000),
    ("regularization", 1e-6, 1e6),
    ("alpha", 1e-6, 1e6),
    ("linear_items", 0, 50_000),
    ("spectral_factors", -1, 512),
    ("next_epochs", 0, 1000),
    ("n_candidates", 1, 1000),
    ("n_negatives", 1, 5000),
    ("max_history", 1, 10_000),
    ("n_queries", 1, 10_000_000),
    ("n_folds", 2, 20),
    ("n_rankers", 1, 10),
    ("n_trees", 1, 100_000),
    ("learning_rate", 1e-4, 1.0),
    ("n_leaves", 2, 4096),
    ("leaf_regularization", 0.0, 1e9),
    ("random_state", 0, 2**31 - 1),
)


def _check_number(name: str, value: object, *, whole: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise SettingsError(f"{name} is {value!r}; it must be {'a whole number' if whole else 'a number'}")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingsError(f"{name} is {value!r}; give one of {', '.join(known)}")


def behaviour_factors(text: str) -> dict[str, float]:
    """The events of ``purchase=3,cart=2`` and their factors; ``SettingsError`` where it is not so written."""
    limits = f"a number above 0 and up to {LARGEST_BEHAVIOUR:g}"
    return _events("behaviour", text, limits, lambda factor: 0 < factor <= LARGEST_BEHAVIOUR)


def event_grades(text: str) -> dict[str, float]:
    """The events of ``view=1,cart=2`` and their grades; ``SettingsError`` where it is not so written."""
    limits = f"a whole number from 1 to {HIGHEST_GRADE}"
    return _events("grades", text, limits, lambda grade: grade in range(1, HIGHEST_GRADE + 1))


def _events(setting: str, text: str, limits: str, allowed: Callable[[float], bool]) -> dict[str, float]:
    found: dict[str, float] = {}
    if not isinstance(text, str):
        raise SettingsError(f"{setting} is {text!r}; write it as purchase=3,cart=2")
    for part in text.split(",") if text.strip() else ():
        event, _, number = part.rpartition("=")
        event, value = event.strip(), _number(number)
        if not event or not allowed(value):
            raise SettingsError(
                f"{setting} is {text!r}: {part.strip()!r} is no EVENT=NUMBER with {limits}; "
                "write it as purchase=3,cart=2"
            )
        if event in found:
            raise SettingsError(f"{setting} is {text!r}: {event!r} is given twice; give it once")
        found[event] = value
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
