"""item2vec against gensim's word2vec: seconds an epoch, and how well the vectors foretell a user's last item.

    python -m bench.micro.item2vec --movielens DIR/movielens_1m_ncf/train.parquet \\
        --out bench/results/item2vec.json

The histories without their last item are the corpus, the same for both: skip-gram, window 5, 5 negatives, no
subsampling. gensim builds its vocabulary outside of the time. The quality is that of the sum of the unit
vectors of a user's last five items, by cosine over all items that he had not taken: how often the held-out
item is among the first 20, and the mean share of items that it beats. ``one_block`` is the plain order of
steps, without strata.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import gensim
import numpy as np
from gensim.models import Word2Vec

from bench.command import new_parser, settings_of, write_result
from bench.machine import describe
from bench.micro.interleave import Fit, compare, movielens, repeat_options
from samplew_gbm import native

WINDOW, NEGATIVES, LAST, FIRST = 5, 5, 5, 20


class Corpus(NamedTuple):
    indptr: np.ndarray
    items: np.ndarray
    held_out: np.ndarray
    n_items: int


def corpus(path: Path) -> Corpus:
    users, items = movielens(path)
    last = np.append(users[1:] != users[:-1], True)
    sizes = np.bincount(users[~last], minlength=users.max() + 1)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    return Corpus(indptr, items[~last], items[last], int(items.max()) + 1)


def quality(vectors: np.ndarray, log: Corpus) -> dict[str, float]:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    ranks = []
    for user, wanted in enumerate(log.held_out):
        history = log.items[log.indptr[user] : log.indptr[user + 1]]
        scores = unit @ unit[history[-LAST:]].sum(axis=0)
        scores[history] = -np.inf
        ranks.append((scores > scores[wanted]).sum())
    beaten = 1 - np.mean(ranks) / log.n_items
    return {"hit_rate": float(np.mean(np.array(ranks) < FIRST)), "share_beaten": float(beaten)}


def sides_of(log: Corpus, o: argparse.Namespace) -> dict[str, Fit]:
    bounds = zip(log.indptr[:-1], log.indptr[1:], strict=True)
    sentences = [[str(item) for item in log.items[start:stop]] for start, stop in bounds]
    vocabulary = Word2Vec(vector_size=o.factors, min_count=1, sg=1, hs=0, negative=NEGATIVES, sample=0)
    vocabulary.build_vocab(sentences)
    start = vocabulary.wv.vectors.copy()
    places = [int(word) for word in vocabulary.wv.index_to_key]

    def theirs(n_threads: int) -> np.ndarray:
        model = vocabulary
        model.wv.vectors[:], model.syn1neg[:] = start, 0
        model.window, model.workers = WINDOW, n_threads
        model.train(sentences, total_examples=len(sentences), epochs=o.epochs, start_alpha=o.rate)
        vectors = np.zeros((log.n_items, o.factors), np.float32)
        vectors[places] = model.wv.vectors
        return vectors

    def ours(n_blocks: int) -> Fit:
        options = (log.n_items, o.factors, o.rate, WINDOW, NEGATIVES, o.epochs, o.seed)
        return lambda n_threads: native.item2vec_fit(
            log.indptr, log.items, *options, n_threads, n_blocks=n_blocks
        )[0]

    return {"gensim": theirs, "samplew": ours(0), "one_block": ours(1)}


def parse() -> argparse.Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("--movielens", type=Path, required=True, help="parquet file: user, item, time_rank")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--epochs", type=int, default=5)
    repeat_options(parser, repeats=3)
    return parser.parse_args()


def main() -> None:
    options = parse()
    log = corpus(options.movielens)
    runs = compare(sides_of(log, options), "gensim", options, lambda vectors: quality(vectors, log))
    if options.out:
        machine = {**describe(), "gensim": gensim.__version__, "simd": native.instruction_set()}
        write_result(options.out, {"machine": machine, "settings": settings_of(options), "runs": runs})


if __name__ == "__main__":
    main()
