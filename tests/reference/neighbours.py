"""Naive twin of `samplew_gbm.kernels.neighbours`: dictionaries, one user after another, double precision."""

from collections import defaultdict


def by_neighbours(
    history, histories, item_weight, user_weight, column_weight, *, decay, after, before, n_neighbours
):
    """Scores by item of one history; ``histories`` are the lists of the users to find neighbours among."""
    similarity, meeting = defaultdict(float), {}
    for back, item in enumerate(reversed(history)):
        part = decay**back * item_weight[item]
        for user, own in enumerate(histories):
            for place, other in enumerate(own):
                if other == item:
                    similarity[user] += part
                    if user not in meeting or part > meeting[user][0]:
                        meeting[user] = (part, place)
    similarity = {user: value * user_weight[user] for user, value in similarity.items()}
    least = sorted(similarity.values(), reverse=True)[:n_neighbours][-1:] or [0.0]
    scores = defaultdict(float)
    for user, value in similarity.items():
        if value >= least[0]:
            middle = meeting[user][1]
            for place, item in enumerate(histories[user]):
                if place != middle:
                    near = after ** (place - middle) if place > middle else before ** (middle - place)
                    scores[item] += value * near * column_weight[item]
    return scores
