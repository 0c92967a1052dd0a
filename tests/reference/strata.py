"""The order of steps of `native/src/strata.h`, pair by pair: blocks, cells, draws and random numbers."""

import numpy as np

MASK = 2**64 - 1
GROUP, DRAWS, BLOCK_ROWS, MOST_BLOCKS = 16, 16, 128, 16


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def random_key(seed, stream):
    return mix(stream ^ mix(seed))


def random_from(key, counter):
    return mix(counter ^ key)


def uniform(seed, stream, counter):
    return (random_from(random_key(seed, stream), counter) >> 40) / 2**24


def start(n, d, scale, seed):
    rows = [[scale * (2 * uniform(seed, row, j) - 1) for j in range(d)] for row in range(n)]
    return np.array(rows, np.float64).reshape(n, d)


def choose_blocks(n_left, n_right):
    return max(1, min(MOST_BLOCKS, min(n_left, n_right) // BLOCK_ROWS))


def deal(n_rows, n_blocks, key):
    """Block of each row: groups of neighbours, shuffled, in equal shares."""
    order = list(range(-(-n_rows // GROUP)))
    for i in range(len(order) - 1, 0, -1):
        j = random_from(key, i) % (i + 1)
        order[i], order[j] = order[j], order[i]
    block = np.empty(n_rows, int)
    for i, group in enumerate(order):
        block[group * GROUP : (group + 1) * GROUP] = i * n_blocks // len(order)
    return block


def weigh(block, n_blocks, weight, key):
    """Each block's table of draws: a row stands in it as often as whole steps fall on its share."""
    tables = []
    for b in range(n_blocks):
        rows = [row for row in np.flatnonzero(block == b) if weight[row] > 0]
        offset = (random_from(key, b) >> 11) / 2**53
        n, total, reached, table = DRAWS * len(rows), sum(weight[row] for row in rows), 0.0, []
        for row in rows:
            reached += weight[row]
            while len(table) < n and len(table) + offset < reached / total * n:
                table.append(row)
        tables.append(table + table[-1:] * (n - len(table)))
    return tables


def draw(table, bits):
    return table[(bits & 0xFFFFFFFF) * len(table) >> 32] if table else -1


def weights(indices, n_items, power):
    counts = np.bincount(indices, minlength=n_items).astype(np.float32)
    return np.where(counts > 0, counts ** np.float32(power), 0).astype(np.float32)


def cells(pairs, left_block, right_block, n_blocks):
    """(right block, [(slot, left, right)]) of each cell in an order that keeps every dependence."""
    of = {(left, right): [] for left in range(n_blocks) for right in range(n_blocks)}
    for left, right in pairs:
        of[left_block[left], right_block[right]].append((left, right))
    slot, slotted = 0, {}
    for cell in sorted(of):
        slotted[cell] = [(slot + i, *pair) for i, pair in enumerate(of[cell])]
        slot += len(of[cell])
    for diagonal in range(n_blocks):
        for left in range(n_blocks):
            right = (left + diagonal) % n_blocks
            yield right, slotted[left, right]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
