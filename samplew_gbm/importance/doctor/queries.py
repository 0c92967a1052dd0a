"""Rules on the queries of a ready matrix: their labels, sizes and order."""

import numpy as np

from samplew_gbm.data.matrix_columns import LARGEST_LABEL
from samplew_gbm.importance.doctor.evidence import (
    Evidence,
    LabelledQueries,
    Observation,
    Rule,
    count,
    rows_named,
    share,
)

MOST_ROWS = 10_000  # of a query; LightGBM refuses more
FIRST_EXCESS = 0.1  # of queries that begin with their best label, above what chance gives ...
FIRST_SIGMAS = 4.0  # ... and by so many standard deviations


def _labels(evidence: Evidence) -> Observation | None:
    queries = evidence.labelled_queries
    if queries is None:
        return None
    label = queries.label
    gains = (evidence.parameters or {}).get("label_gain")
    most = LARGEST_LABEL if not gains else n_values(gains) - 1
    faults = (
        (np.isnan(label), "missing"),
        (label != np.trunc(label), "not whole numbers"),
        (label < 0, "negative"),
        (label > most, f"above {most}"),
    )
    for bad, fault in faults:
        if bad.any():
            return "error", f"labels are {fault} in {rows_named(evidence, bad)}"
    return "ok", f"whole numbers from {label.min():.0f} to {label.max():.0f}"


def n_values(listed: object) -> int:
    """How many values a list, or a text of values with commas between them, has."""
    return len(listed) if isinstance(listed, list | tuple) else str(listed).count(",") + 1


def _one_class(evidence: Evidence) -> Observation | None:
    queries = evidence.labelled_queries
    if queries is None:
        return None
    values = np.unique(queries.label)
    if len(values) == 1:
        return "error", f"every row has the label {values[0]:g}"
    return "ok", f"{len(values)} different labels"


def _without_positive(evidence: Evidence) -> Observation | None:
    queries = evidence.labelled_queries
    return None if queries is None else _lacking(queries.n_positive == 0, "a positive")


def _without_negative(evidence: Evidence) -> Observation | None:
    queries = evidence.labelled_queries
    return None if queries is None else _lacking(queries.n_positive == queries.sizes, "a negative")


def _lacking(lacking: np.ndarray[tuple[int], np.dtype[np.bool_]], what: str) -> Observation:
    if not lacking.any():
        return "ok", f"every query has {what}"
    text = f"{count(int(lacking.sum()), 'query')} ({share(float(lacking.mean()))}) without {what}"
    return "note", text


def _single_rows(evidence: Evidence) -> Observation | None:
    if evidence.indptr is None or len(evidence.indptr) < 2:
        return None
    single = np.diff(evidence.indptr) == 1
    if not single.any():
        return "ok", "every query has several rows"
    return "note", f"{count(int(single.sum()), 'query')} ({share(float(single.mean()))}) of a single row"


def _large(evidence: Evidence) -> Observation | None:
    if evidence.indptr is None or len(evidence.indptr) < 2:
        return None
    sizes = np.diff(evidence.indptr)
    n_large = int((sizes > MOST_ROWS).sum())
    what = f"the largest query has {count(int(sizes.max()), 'row')}"
    return ("error", f"{what}; {n_large:,} above {MOST_ROWS:,}") if n_large else ("ok", what)


def _apart(evidence: Evidence) -> Observation | None:
    row, indptr = evidence.row, evidence.indptr
    if row is None or indptr is None or not len(row):
        return None
    starts = indptr[:-1][np.diff(indptr) > 0]
    span = np.maximum.reduceat(row, starts) - np.minimum.reduceat(row, starts) + 1
    n_apart = int((span != np.diff(indptr)[np.diff(indptr) > 0]).sum())
    if not n_apart:
        return "ok", "the rows of every query stand together"
    return "warning", f"the rows of {count(n_apart, 'query')} stand apart in the file"


def _best_first(evidence: Evidence) -> Observation | None:
    queries = evidence.labelled_queries
    if queries is None:
        return None
    first, chance = _first_is_best(queries)
    if not len(first):
        return None
    chance = np.sort(chance)  # sums in one order, whatever that of the queries
    found, expected = float(first.mean()), float(chance.mean())
    deviation = float(np.sqrt((chance * (1 - chance)).sum())) / len(first)
    leaks = found - expected > max(FIRST_EXCESS, FIRST_SIGMAS * deviation)
    what = f"{share(found)} of the queries begin with their best label; by chance it were {share(expected)}"
    return "warning" if leaks else "ok", what


def _first_is_best(
    queries: LabelledQueries,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Of every query with different labels: whether its first row has the best one, and by what chance."""
    filled = queries.sizes > 0
    starts, sizes = queries.indptr[:-1][filled], queries.sizes[filled]
    best, worst = (f.reduceat(queries.label, starts) for f in (np.maximum, np.minimum))
    chance = np.add.reduceat(queries.label == np.repeat(best, sizes), starts, dtype=np.int64) / sizes
    differ = best > worst
    return (queries.label[starts] == best)[differ], chance[differ]


def _positions(evidence: Evidence) -> Observation | None:
    if evidence.labelled_queries is None:
        return None
    position = evidence.position
    if position is None:
        return "note", "there is no column of positions"
    bad = ~((position >= 1) & (position == np.trunc(position)))
    if not bad.any():
        return "ok", f"whole numbers from {position.min():.0f} to {position.max():.0f}"
    if (position == 0).any() and not ((position < 0) | np.isnan(position)).any():
        return "warning", "positions begin at 0"
    return "warning", f"positions are missing or no place from 1 on in {rows_named(evidence, bad)}"


QUERY_RULES = (
    Rule(
        "labels",
        _labels,
        "Ranking objectives refuse labels that are not whole, negative, or beyond the table of gains; the "
        "gain of a label is 2^label - 1.",
        "Map the labels to a few grades from 0 on, or give label_gain.",
    ),
    Rule(
        "different labels",
        _one_class,
        "A ranker learns from pairs of rows with different labels; here there is none.",
        "Add the rows that were shown and not taken, with label 0.",
    ),
    Rule(
        "queries without a positive",
        _without_positive,
        "They teach nothing, and LightGBM's own NDCG counts each as a 1 that no weight scales: with small "
        "weights it exceeds 1.",
        "Drop them from training; measure with a metric that leaves them out, as samplew evaluate does.",
    ),
    Rule(
        "queries without a negative",
        _without_negative,
        "They teach nothing to tell apart, and every order of them is perfect, which flatters the mean.",
        "Drop them, or add the rows that were shown and not taken.",
    ),
    Rule(
        "queries of one row",
        _single_rows,
        "A row alone has nothing to be ranked against: it teaches nothing, and any metric of it is perfect.",
        "Drop them, or check that the column of queries is not one of rows.",
    ),
    Rule(
        "size of queries",
        _large,
        f"LightGBM's ranking objectives refuse queries of more than {MOST_ROWS:,} rows.",
        "Draw a sample of the rows of label 0, or cut the query by time.",
    ),
    Rule(
        "rows of a query together",
        _apart,
        "LightGBM is told only the sizes of consecutive queries: sizes counted over the whole file fit rows "
        "that stand apart to the wrong query, in silence.",
        "Sort by the column of queries, keeping the order within, before the sizes are counted.",
    ),
    Rule(
        "best rows first",
        _best_first,
        "Rows of equal score keep the order of the file, so a model that knows nothing is praised for the "
        "order it was given.",
        "Shuffle the rows within each query, or measure with a metric that is fair to ties.",
    ),
    Rule(
        "positions",
        _positions,
        "Rows shown higher are taken more often whatever they are; without places, from 1 on, neither "
        "LightGBM nor a factor such as 1 / propensity can correct for it.",
        "Log the place of every row shown, counted from 1; of rows that were never shown none is needed.",
    ),
)
