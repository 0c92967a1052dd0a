"""Does importance find the noise? ``samplew weigh`` on a log whose hidden flag says which rows are clean.

python -m bench.noise --data DIR --out bench/results/noise_c.json

``samplew`` is given users and items only; what it wrote is compared with the flag afterwards.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from bench.command import data_option, new_parser, out_option, seeds_option, write_result
from bench.datasets import NOISY, DataError, find_data, lines_of, prepare_noisy
from bench.machine import describe
from bench.measure import CommandError, find_samplew, measure

SCHEMES = ("attention", "consensus", "loss_rank", "r_ce", "inverse_propensity", "uniform")


def clean_flags(data: Path) -> np.ndarray:
    """1 for each clean row of the training part, in the order of ``train.parquet``."""
    return np.array([int(flag) for *_, flag in lines_of(data / NOISY / "ml100k.train.rating")])


def judge(scheme: str, seeds: Sequence[int], clean: np.ndarray, work: Path, samplew: str) -> dict[str, Any]:
    """Weigh once a seed; ``auc`` is the chance that a clean row has more importance than noise."""
    runs = []
    for seed in seeds:
        line = f"samplew weigh train.parquet --importance {scheme} --seed {seed} --out weighed.parquet"
        found = measure(line, work, samplew)
        importance = pq.read_table(work / "weighed.parquet")["importance"].to_numpy()
        auc = float(roc_auc_score(clean, importance))
        runs.append(
            {"line": line, "auc": auc, "seconds": found.seconds, "peak_rss_bytes": found.peak_rss_bytes}
        )
        print(f"{scheme:<20} seed {seed}: AUC {auc:.4f}  {found.seconds:.1f} s", flush=True)
    return {"scheme": scheme, "auc": float(np.mean([run["auc"] for run in runs])), "runs": runs}


def main() -> None:
    parser = new_parser(__doc__)
    data_option(parser)
    parser.add_argument("--schemes", nargs="+", default=SCHEMES)
    seeds_option(parser, default=(0, 1, 2))
    out_option(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            samplew = find_samplew()
            data = find_data(arguments.data)
            prepare_noisy(data, Path(folder))
            clean = clean_flags(data)
            found = [
                judge(scheme, arguments.seeds, clean, Path(folder), samplew) for scheme in arguments.schemes
            ]
        except (DataError, CommandError) as error:
            sys.exit(str(error))
    share = float(clean.mean())
    result = {"machine": describe(), "n_rows": len(clean), "share_clean": share, "schemes": found}
    write_result(arguments.out, result)


if __name__ == "__main__":
    main()
