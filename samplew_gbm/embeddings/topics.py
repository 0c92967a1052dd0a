"""Topics of taste beside a background that is nobody's: what users take for what it is, and what by accident.

    P(i | u) = (1 - share) sum_k theta_uk phi_ki + share background_i

by expectation-maximisation in turns, of the users' shares ``theta`` and of the topics ``phi``, with Dirichlet
priors on both. Rows that the background explains as well pull the topics less, so that accidents do not teach
taste. Hofmann, SIGIR 1999; the fixed background: Zhai, Velivelli and Yu, KDD 2004.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.queries import Lists, Windows
from samplew_gbm.kernels.topics import mixture_step
from samplew_gbm.runtime import map_blocks

N_TOPICS = 16
SHARE = 0.5  # given to the background; what share the rows really have of it is told from them afterwards
N_STEPS = 80
FOLD_IN_STEPS = 20  # of a user's shares, topics known
USER_PRIOR = np.float32(0.3)
ITEM_PRIOR = np.float32(0.05)
MEMBERS = 4  # models of different starts, whose chances are averaged
BLOCK = 4096  # histories that are looked at together


@dataclass(frozen=True, slots=True, eq=False)
class Topics:
    """``of_items`` is ``float32[n_items, k]``, every column a distribution over the items.

    ``noise`` is ``float32[n_items]``: the background as the kernel adds it, times ``share / (1 - share)``.
    """

    of_items: NDArray[np.float32]
    noise: NDArray[np.float32]

    def chance(self, histories: Lists, taken: Lists) -> NDArray[np.float32]:
        """``sum_k theta_k phi_ki``, ``float32`` beside ``taken.items``: of who took what his history tells.

        Without a history it is that of the mean topic.
        """
        width = self.of_items.shape[1]
        users = np.full((len(histories), width), 1 / width, np.float32)
        beside = self.noise[histories.items]
        mixture_step(
            histories.indptr,
            histories.items,
            self.of_items,
            beside,
            USER_PRIOR,
            FOLD_IN_STEPS,
            True,
            0,
            len(histories),
            users,
        )
        chance: NDArray[np.float32] = np.einsum("rk,rk->r", users[taken.owner], self.of_items[taken.items])
        return chance


def learn_topics(learned: Interactions, background: NDArray[np.float64], seed: tuple[int, ...]) -> Topics:
    """Topics of the rows of ``learned`` beside a ``background`` of sum 1, ``float64[n_items]``.

    The start is random, by ``seed``. On one thread: who needs several learns several of them at once.
    """
    noise = (SHARE / (1 - SHARE) * background).astype(np.float32)
    by_item = np.argsort(learned.item_index, kind="stable")
    takers = learned.user_index[by_item]
    counts = np.bincount(learned.item_index, minlength=learned.n_items)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    beside, beside_by_item = noise[learned.item_index], noise[learned.item_index[by_item]]
    of_items = _columns_of_sum_1(
        (np.random.default_rng(seed).random((learned.n_items, N_TOPICS)) + 0.5).astype(np.float32)
    )
    users = np.full((learned.n_users, N_TOPICS), 1 / N_TOPICS, np.float32)
    for _ in range(N_STEPS):
        mixture_step(
            learned.indptr,
            learned.item_index,
            of_items,
            beside,
            USER_PRIOR,
            1,
            True,
            0,
            learned.n_users,
            users,
        )
        mixture_step(
            indptr, takers, users, beside_by_item, ITEM_PRIOR, 1, False, 0, learned.n_items, of_items
        )
        of_items = _columns_of_sum_1(of_items)
    return Topics(of_items, noise)


def learn_members(
    learned: Interactions, background: NDArray[np.float64], seed: tuple[int, ...], *, n_threads: int
) -> list[Topics]:
    """``MEMBERS`` models of the same rows."""

    def member(number: int, _: int) -> Topics:
        return learn_topics(learned, background, (*seed, number))

    return list(map_blocks(member, MEMBERS, 1, n_threads))


def mean_chance(
    members: Sequence[Topics], histories: Windows | Lists, taken: Lists, *, n_threads: int
) -> NDArray[np.float64]:
    """The mean over the members of ``Topics.chance``, ``float64`` beside ``taken.items``."""

    def of_block(start: int, stop: int) -> NDArray[np.float64]:  # all histories at once may not fit
        own, asked = histories.slice(start, stop), taken.slice(start, stop)
        chances = np.stack([member.chance(own, asked) for member in members])
        mean: NDArray[np.float64] = chances.mean(axis=0, dtype=np.float64)
        return mean

    return np.concatenate([np.empty(0), *map_blocks(of_block, len(taken), BLOCK, n_threads)])


def _columns_of_sum_1(values: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = values / values.sum(axis=0, dtype=np.float64).astype(np.float32)
    return scaled
