"""Why an item stands where it stands for a user: what adds up to its score, and what attention looked at."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from samplew_gbm.explain.groups import grouped, members, named
from samplew_gbm.explain.notes import notes_on
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.pair_judging import JudgedPair, KnownItem, judge_pair

ATTENDED = 5  # items of the history that are named


@dataclass(frozen=True, slots=True)
class FeaturePart:
    """A feature of the item, its value, and what it adds to the score."""

    feature: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Reason:
    """What a group of features adds to the score, in words; ``features`` are those it sums."""

    group: str
    words: str
    contribution: float
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttendedItem:
    """An item of the history and the share of the attention that it got, over all ``times`` it was taken.

    ``similarity`` is the cosine of its embedding with that of the item explained; ``places_back`` counts from
    the end of the history, 1 for what was taken last; rows left out as accidents do not count.
    """

    item_id: str | int
    attention: float
    similarity: float
    times: int
    places_back: int


@dataclass(frozen=True, slots=True)
class Nomination:
    """What a candidate source says: its score of the item, and the place in its list, ``None`` below it."""

    source: str
    score: float
    place: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``base`` and the contributions of ``features`` sum to ``total``, and so do those of ``reasons``.

    ``total`` is ``score``, which ``samplew score`` and ``recommend`` print; under the objective ``binary`` it
    is the log odds of that probability. ``rank`` is the one that ``recommend`` gives, ``None`` for what it
    leaves out; ``n_better`` of the user's ``n_candidates`` stand before the item in any case. ``attended``
    are the items with most of the attention, of ``n_history`` in all. ``notes`` say what else matters: what
    is not known of the user or the item, what was taken already, what nominated it.
    """

    user_id: str | int
    item_id: str | int
    score: float
    total: float
    base: float
    rank: int | None
    n_candidates: int
    n_better: int
    n_history: int
    n_takers: int
    reasons: tuple[Reason, ...]
    attended: tuple[AttendedItem, ...]
    nominations: tuple[Nomination, ...]
    notes: tuple[str, ...]
    features: tuple[FeaturePart, ...]


def explain_recommendation(
    model: Model,
    user: str | int,
    item: str | int,
    *,
    history: Any = None,
    n_threads: int | None = None,
) -> Explanation:
    """Why ``model`` ranks ``item`` where it does for ``user``; neither has to be known to it.

    ``history`` is a table of later interactions, as in ``recommend``.
    """
    pair = judge_pair(model, user, item, history=history, n_threads=n_threads)
    features = () if pair.known is None else _features(pair.known)
    base = pair.score if pair.known is None else float(pair.known.contributions.base[0])
    nominations = () if pair.known is None else _nominations(model, pair, pair.known)
    return Explanation(
        user_id=user,
        item_id=item,
        score=pair.score,
        total=base + sum(part.contribution for part in features),
        base=base,
        rank=pair.n_better + 1 if pair.is_candidate else None,
        n_candidates=pair.n_candidates,
        n_better=pair.n_better,
        n_history=len(pair.history),
        n_takers=0 if pair.known is None else pair.known.n_takers,
        reasons=_reasons(features),
        attended=() if pair.known is None else _attended(model, pair, pair.known),
        nominations=nominations,
        notes=notes_on(pair, n_nominated=sum(each.place is not None for each in nominations)),
        features=features,
    )


def _features(known: KnownItem) -> tuple[FeaturePart, ...]:
    """The largest part, for or against, first."""
    found = known.contributions
    parts = [
        FeaturePart(name, float(value), float(part))
        for name, value, part in zip(found.names, found.values[0], found.parts[0], strict=True)
    ]
    return tuple(sorted(parts, key=lambda part: (-abs(part.contribution), part.feature)))


def _reasons(features: tuple[FeaturePart, ...]) -> tuple[Reason, ...]:
    sums = grouped({part.feature: part.contribution for part in features})
    moved = [part.feature for part in features if part.contribution]
    reasons = [
        Reason(key, named(key).up if value > 0 else named(key).down, value, tuple(members(key, moved)))
        for key, value in sums.items()
        if value
    ]
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.contribution), reason.group)))


def _attended(model: Model, pair: JudgedPair, known: KnownItem) -> tuple[AttendedItem, ...]:
    latest = pair.meant[len(pair.meant) - len(known.attention) :]
    times = Counter(latest.tolist())
    found = []
    for item in times:
        at = np.flatnonzero(latest == item)
        attention = float(known.attention[at].sum(dtype=np.float64))
        found.append((attention, float(known.similarity[at[0]]), item, len(latest) - int(at[-1])))
    found.sort(key=lambda each: (-each[0], each[3]))
    return tuple(
        AttendedItem(model.items.decode([item])[0].as_py(), attention, similarity, times[item], back)
        for attention, similarity, item, back in found[:ATTENDED]
    )


def _nominations(model: Model, pair: JudgedPair, known: KnownItem) -> tuple[Nomination, ...]:
    """In the order of their places; what the user took already is nominated by none."""
    judged = known.judged
    seen = bool(np.any(pair.history == pair.item_index))
    found = []
    for source, score, rank in zip(judged.sources, judged.values[0], judged.ranks[0], strict=True):
        listed = score > 0 and rank <= model.settings.n_candidates and not seen
        found.append(Nomination(source, float(score), int(rank) if listed else None))
    return tuple(sorted(found, key=lambda each: (each.place is None, each.place or 0, each.source)))
