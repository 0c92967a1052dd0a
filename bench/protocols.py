"""The published protocols: where the data comes from, the command lines, and who judges the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.datasets import (
    BEAUTY,
    MOVIELENS,
    NOISY,
    prepare_beauty,
    prepare_described_beauty,
    prepare_future,
    prepare_movielens,
    prepare_noisy,
)
from bench.scoring import Scorer, score_beauty, score_future, score_movielens, score_noisy

PREDICTIONS = "p.parquet"
TRAIN = "samplew train train.parquet"


@dataclass(frozen=True)
class Protocol:
    """``commands`` are run in the work folder that ``prepare(data, work)`` filled, and leave ``p.parquet``.

    ``judge`` is the subcommand of a judge script and its files, relative to the data folder; None where no
    script knows the protocol.
    """

    title: str
    caveat: str
    prepare: Callable[[Path, Path], None]
    commands: tuple[str, ...]
    score: Scorer
    judge: tuple[str, dict[str, Path]] | None

    def lines(self, random_state: int | None, train_options: str = "") -> tuple[str, ...]:
        """The command lines; ``random_state`` and the options join the line that trains."""
        more = [] if random_state is None else [f"--seed {random_state}"]
        more += [train_options] if train_options else []
        return tuple(" ".join([line, *more]) if line.startswith(TRAIN) else line for line in self.commands)


PROTOCOLS = {
    "A": Protocol(
        title="Amazon Beauty, leave-last-out, full ranking",
        caveat="Many events share a day, so the last item is often arbitrary among ties.",
        prepare=prepare_beauty,
        commands=(
            f"{TRAIN} --model m.swg",
            f"samplew recommend --model m.swg --history history.parquet -k 20 --out {PREDICTIONS}",
        ),
        score=score_beauty,
        judge=("leave-last-out", {"--sequences": BEAUTY / "sequences.txt"}),
    ),
    "A+": Protocol(
        title="Amazon Beauty as in A, with the attributes of the items",
        caveat="S3-Rec learns from these attributes too; the other methods of A do not.",
        prepare=prepare_described_beauty,
        commands=(
            f"{TRAIN} --items items.parquet --model m.swg",
            f"samplew recommend --model m.swg --history history.parquet -k 20 --out {PREDICTIONS}",
        ),
        score=score_beauty,
        judge=("leave-last-out", {"--sequences": BEAUTY / "sequences.txt"}),
    ),
    "B": Protocol(
        title="MovieLens-1M, the split of NCF, 99 sampled negatives",
        caveat="156 of the released negatives equal the user's own test item: they are left out.",
        prepare=prepare_movielens,
        commands=(
            f"{TRAIN} --order file --model m.swg",
            f"samplew score pairs.parquet --model m.swg --out {PREDICTIONS}",
        ),
        score=score_movielens,
        judge=(
            "sampled",
            {
                "--positives": MOVIELENS / "ml-1m.test.rating",
                "--negatives": MOVIELENS / "ml-1m.test.negative",
            },
        ),
    ),
    "C": Protocol(
        title="MovieLens-100K with noisy positives, clean test",
        caveat="The flag that says which rows are noise is never written to a log.",
        prepare=prepare_noisy,
        commands=(
            f"{TRAIN} --model m.swg",
            f"samplew recommend --model m.swg --history valid.parquet -k 20 --out {PREDICTIONS}",
        ),
        score=score_noisy,
        judge=("sets", {"--test": NOISY / "ml100k.test.negative"}),
    ),
    "F": Protocol(
        title="Amazon Beauty, the last 15 % of the time, full ranking",
        caveat="Ours, not published: unlike in A, nothing learned is later than what is asked.",
        prepare=prepare_future,
        commands=(
            f"{TRAIN} --model m.swg",
            f"samplew recommend --model m.swg -k 20 --out {PREDICTIONS}",
        ),
        score=score_future,
        judge=None,
    ),
}
