"""Naive twins of the importance schemes: loops over users, float64, from the formulas of their docstrings."""

import numpy as np


def softmax_of(logits, temperature):
    """Size times softmax."""
    weights = np.exp((logits - np.max(logits)) / temperature)
    return len(logits) * weights / weights.sum()


def by_user(segment, function, *columns):
    """``function`` of each user's part of the columns, put back in place."""
    found = np.empty(len(segment))
    for user in set(segment.tolist()):
        own = np.flatnonzero(segment == user)
        found[own] = function(*(np.asarray(column, np.float64)[own] for column in columns))
    return found


def uniform(given, temperature):
    return np.ones(len(given.segment))


def standard_of(values):
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else 0 * values


def centred(given, temperature):
    standard = by_user(given.segment, standard_of, given.affinity)
    popularity = given.popularity.astype(np.float64)
    residual = standard - np.polyval(np.polyfit(popularity, standard, 3), popularity)

    def of_user(values):
        trust = len(values) / (len(values) + 20)
        return softmax_of(trust * standard_of(values), temperature)

    return by_user(given.segment, of_user, residual)


def r_ce(given, temperature):
    def of_user(loss):
        power = np.exp(-(loss - loss.min())) ** (1 / temperature)
        return power / power.mean()

    return by_user(given.segment, of_user, given.loss)


def t_ce(given, temperature):

    threshold = np.quantile(given.loss, 0.9)
    kept = np.array([1.0 if loss <= threshold else 0.0 for loss in given.loss])
    return kept / kept.mean()


def loss_rank(given, temperature):
    def of_user(loss):
        below = np.array([(loss < own).sum() for own in loss])
        equal = np.array([(loss == own).sum() for own in loss])
        place = below + (equal + 1) / 2
        return softmax_of(-np.sqrt(12) * ((place - 0.5) / len(loss) - 0.5), temperature)

    return by_user(given.segment, of_user, given.loss)


def purchase_given_click(given, temperature):
    def of_user(rate):
        power = rate ** (1 / temperature)
        return power / power.mean()

    return by_user(given.segment, of_user, given.purchase_rate)


def inverse_propensity(given, temperature):
    count = np.exp(given.popularity.astype(np.float64))
    inverse = 1 / np.maximum((count / count.max()) ** (1 / temperature), 0.1)
    return by_user(given.segment, lambda own: own / own.mean(), inverse)


def external(given, temperature):
    return by_user(given.segment, lambda own: own / own.mean() if own.any() else own + 1, given.value)


def vectors(given, temperature):
    def own(cosine):
        spread = np.std(cosine)
        trust = len(cosine) / (len(cosine) + 20)
        z = trust * (cosine - np.mean(cosine)) / spread if spread > 1e-12 else cosine * 0
        return softmax_of(z, temperature)

    return by_user(given.segment, own, given.vector_cosine)


def consensus(given, temperature):
    def standard(values):
        return (values - np.mean(values)) / np.std(values)

    parts = [np.asarray(column, np.float64) for column in (given.cosine, given.affinity, given.mainstream)]
    total = standard(parts[0]) + 0.5 * standard(parts[1]) + 0.5 * standard(parts[2])
    return softmax_of(standard(total), temperature)


def cross_entropy(candidates, taken):
    """``candidates`` maps items to affinities; ``taken`` is one item with its own."""
    item, affinity = taken
    values = np.array(list(candidates.values()), np.float64)
    spread = values.std()
    z = {other: (value - values.mean()) / spread if spread else 0 for other, value in candidates.items()}
    own = (affinity - values.mean()) / spread if spread else 0
    return np.log(sum(np.exp(value) for value in (z | {item: own}).values())) - own


def closeness(learned, history, item, damping=0.3, judged_damping=0.5):
    """``learned`` are sets of items, one a user; ``history`` any items."""
    others = set(history) - {item}
    takers = {other: max(1, sum(other in user for user in learned)) for other in {*others, item}}
    total = sum(
        sum(other in user and item in user for user in learned) / takers[other] ** damping for other in others
    )
    return total / takers[item] ** judged_damping / len(others) if others else 0.0


def ranker_score(given, temperature):
    score = standard_of(given.ranker.astype(np.float64))
    return by_user(given.segment, lambda own: softmax_of(own, temperature), score)


def blend(given, temperature):
    return softmax_of(standard_of(given.blend.astype(np.float64)), temperature)


def taste(given, temperature):
    power = (1 / (1 + np.exp(-given.taste.astype(np.float64)))) ** (2 / temperature)
    return power / power.mean()
