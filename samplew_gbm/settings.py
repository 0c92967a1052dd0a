"""Every setting of a training run, its default and its range: one place, one name for each."""

import math

import msgspec

from samplew_gbm.errors import SettingsError

CONTROLS = ("placebo", "wrong_sign")
IMPORTANCE_SCHEMES = (
    "attention",
    "none",
    "uniform",
    "consensus",
    "r_ce",
    "t_ce",
    "loss_rank",
    "purchase_given_click",
    "inverse_propensity",
    "external",
    *CONTROLS,
)
FOLDS = ("auto", "last")
OBJECTIVES = ("lambdarank", "rank_xendcg", "binary")
WEIGHTINGS = ("row", "pair", "pair_winner", "pair_mean")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The defaults serve any log; those that depend on the data's size or order adapt to it.

    Raises ``SettingsError`` that names the setting when a value is out of its range.
    """

    importance: str = "attention"
    """How to weigh the samples; README has a table. ``none`` trains the unweighted twin; the controls must
    not help:
    ``placebo`` deals attention out by chance, ``wrong_sign`` turns it around."""
    temperature: float = 2.0
    """Of the softmax over a user's samples; a large one makes every importance 1."""
    mix: float = 1.0
    """Share of importance in the weight; the rest is 1."""
    weight_low: float = 0.1
    weight_high: float = 5.0

    n_factors: int = 0
    """Width of the embeddings; 0 chooses one by the size of the catalogue."""
    n_epochs: int = 12
    """Sweeps of the alternating least squares."""
    regularization: float = 0.05
    alpha: float = 10.0
    """Confidence of one interaction above none, in the alternating least squares."""
    linear_items: int = 15_000
    """Catalogues up to this size get the linear item model, which costs their size cubed."""

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

    random_state: int = 0

    def __post_init__(self) -> None:
        _one_of("importance", self.importance, IMPORTANCE_SCHEMES)
        _one_of("folds", self.folds, FOLDS)
        _one_of("objective", self.objective, OBJECTIVES)
        _one_of("weighting", self.weighting, WEIGHTINGS)
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if not (least <= value <= most) or math.isnan(value):
                raise SettingsError(f"{name} is {value}; give a value from {least} to {most}")
        if self.weight_low > self.weight_high:
            raise SettingsError(f"weight_low is {self.weight_low}, above weight_high {self.weight_high}")
        if self.weighting != "row" and self.objective != "lambdarank":
            raise SettingsError(
                f"weighting is {self.weighting!r}, which needs objective lambdarank; "
                f"objective is {self.objective!r}"
            )


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("temperature", 1e-3, 1e6),
    ("mix", 0.0, 1.0),
    ("weight_low", 0.0, 1.0),
    ("weight_high", 1.0, 1e3),
    ("n_factors", 0, 512),
    ("n_epochs", 1, 1000),
    ("regularization", 1e-6, 1e6),
    ("alpha", 1e-6, 1e6),
    ("linear_items", 0, 50_000),
    ("n_candidates", 1, 1000),
    ("n_negatives", 1, 5000),
    ("max_history", 1, 10_000),
    ("n_queries", 1, 10_000_000),
    ("n_folds", 2, 20),
    ("n_rankers", 1, 10),
    ("n_trees", 1, 100_000),
    ("learning_rate", 1e-4, 1.0),
    ("n_leaves", 2, 4096),
    ("random_state", 0, 2**31 - 1),
)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingsError(f"{name} is {value!r}; give one of {', '.join(known)}")
