"""A step of topics beside a background: what a user's items say of him, or an item's takers of it."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit


@jit(reassociate=True)
def mixture_step(
    indptr: Any,
    others: Any,
    of_others: Any,
    noise: Any,
    prior: Any,
    n_steps: Any,
    normalised: Any,
    first: Any,
    last: Any,
    own: Any,
) -> None:
    """``own[o] = own[o] * sum_r other_r / (<own[o], other_r> + noise[r]) + prior``, ``n_steps`` times.

    For ``o`` in ``first:last``, over its rows ``r = indptr[o]:indptr[o + 1]``, with ``other_r`` the row
    ``others[r]`` of ``of_others``, ``float32[m, k]``; ``own`` is ``float32[n, k]`` and changed in place,
    ``noise`` ``float32`` beside the rows. With ``normalised`` each ``own[o]`` is brought to sum 1 after every
    step. A row without any chance, of its own or of the noise, says nothing. Indices are the caller's care.
    """
    width = own.shape[1]
    pulled = np.empty(width, np.float32)
    for o in range(first, last):
        for _ in range(n_steps):
            pulled[:] = 0.0
            for r in range(indptr[o], indptr[o + 1]):
                other = others[r]
                chance = np.float32(0.0)
                for k in range(width):
                    chance += own[o, k] * of_others[other, k]
                chance += noise[r]
                if chance > 0:
                    pull = np.float32(1.0) / chance
                    for k in range(width):
                        pulled[k] += pull * of_others[other, k]
            total = np.float32(0.0)
            for k in range(width):
                own[o, k] = own[o, k] * pulled[k] + prior
                total += own[o, k]
            if normalised and total > 0:
                for k in range(width):
                    own[o, k] /= total
