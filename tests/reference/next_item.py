"""The softmax model of what comes next, place by place in double precision, by the same random numbers."""

import itertools

import numpy as np

from tests.reference import strata

DEAL, MASKS, NEGATIVES, N_STREAMS = range(1, 5)
FIRST_FALL, FIRST_SCALE, SMALLEST, MAP_RATE = 0.3, np.float32(0.035), 1e-10, 0.1


def dealt(places, key):
    places = list(places)
    for i in range(len(places) - 1, 0, -1):
        j = strata.random_from(key, i) % (i + 1)
        places[i], places[j] = places[j], places[i]
    return places


def kept(d, n_lags, place, lag, key):
    """1 where a value of the lag-th item before the place is kept."""
    n_words = (d + 63) // 64
    words = [strata.random_from(key, (place * n_lags + lag) * n_words + word) for word in range(n_words)]
    return np.array([words[t // 64] >> (t % 64) & 1 for t in range(d)], float)


def softmax(logits):
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


class Adagrad:
    def __init__(self, shape, rate):
        self.seen, self.rate = np.zeros(shape), rate

    def climb(self, value, gradient):
        self.seen += gradient**2
        value += self.rate * gradient / (np.sqrt(self.seen) + SMALLEST)


def gradients(items, places, first, outputs, model, masks):
    """Of vectors, biases, lags and map over one batch: ``places`` are (place, first place of the history)."""
    vectors, bias, lags, turn = model
    result = [np.zeros_like(part) for part in model]
    for number, (at, start) in enumerate(places):
        before = items[max(start, at - len(lags)) : at][::-1]
        masked = [2 * kept(vectors.shape[1], len(lags), first + number, k, masks) for k in range(len(before))]
        shares = softmax(lags[: len(before)])
        seen = np.array([mask * vectors[item] for mask, item in zip(masked, before, strict=True)])
        mean = shares @ seen
        h = mean @ turn
        error = -softmax(vectors[outputs] @ h + bias[outputs])
        error[outputs.index(items[at])] += 1
        pull = error @ vectors[outputs]
        result[0][outputs] += np.outer(error, h)
        result[3] += np.outer(mean, pull)
        pull = turn @ pull
        result[1][outputs] += error
        for item, mask, share in zip(before, masked, shares, strict=True):
            result[0][item] += share * mask * pull
        worth = seen @ pull
        result[2][: len(before)] += shares * (worth - shares @ worth)
    return result


def fit(indptr, items, n_items, d, n_lags, rate, n_negatives, n_epochs, seed, batch):
    items = [int(item) for item in items]
    model = [
        strata.start(n_items, d, FIRST_SCALE, seed),
        np.zeros(n_items),
        -FIRST_FALL * np.arange(n_lags),
        np.eye(d),
    ]
    steps = [Adagrad(part.shape, rate) for part in model[:3]] + [Adagrad((d, d), rate * MAP_RATE)]
    present = sorted(set(items))
    starts = itertools.pairwise(indptr)
    places = [(at, int(start)) for start, stop in starts for at in range(int(start) + 1, int(stop))]
    for epoch in range(n_epochs):
        keys = [strata.random_key(~seed & strata.MASK, epoch * N_STREAMS + stream) for stream in range(4)]
        order = dealt(places, keys[DEAL])
        for first in range(0, len(order), batch):
            part = order[first : first + batch]
            draws = [
                present[strata.random_from(keys[NEGATIVES], first * (n_negatives + 1) + k) % len(present)]
                for k in range(n_negatives)
            ]
            outputs = list(dict.fromkeys([items[at] for at, _ in part] + draws))
            found = gradients(items, part, first, outputs, model, keys[MASKS])
            for value, step, gradient in zip(model, steps, found, strict=True):
                step.climb(value, gradient)
    vectors, bias, lags, turn = model
    return vectors, vectors @ turn.T, bias, lags
