"""What others published on the same protocols, each with its source in words.

``checked`` is False where a figure was recalled or quoted and not read in its source: the table marks it "?".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    method: str
    metrics: dict[str, float]
    source: str
    checked: bool = True


def _beauty(method: str, figures: str) -> Published:
    names = ("HR@5", "NDCG@5", "HR@10", "NDCG@10", "HR@20", "NDCG@20")
    return Published(method, dict(zip(names, map(float, figures.split()), strict=True)), "S3-Rec repository")


def _movielens(method: str, hr: float, ndcg: float, source: str, checked: bool = True) -> Published:
    return Published(method, {"HR@10": hr, "NDCG@10": ndcg}, source, checked)


_NCF_RERUN = "a PyTorch rerun of the NCF models"
_REVISITED = "Rendle et al. 2020, NCF vs. matrix factorization revisited"

_S3_REC = _beauty("S3-Rec", ".0387 .0244 .0647 .0327 .0994 .0414")

PUBLISHED: dict[str, tuple[Published, ...]] = {
    "A": (
        _beauty("popularity", ".0080 .0044 .0152 .0068 .0217 .0084"),
        _beauty("GRU4Rec", ".0164 .0099 .0283 .0137 .0479 .0187"),
        _beauty("Caser", ".0205 .0131 .0347 .0176 .0556 .0229"),
        _beauty("HGN", ".0325 .0206 .0512 .0266 .0773 .0332"),
        _beauty("SASRec", ".0387 .0249 .0605 .0318 .0902 .0394"),
        _beauty("BERT4Rec", ".0203 .0124 .0347 .0170 .0599 .0233"),
        _S3_REC,
        Published("TiCoSeRec", {"HR@10": 0.0740, "NDCG@10": 0.0418}, "TiCoSeRec paper"),
        Published(
            "TIGER",
            {"HR@5": 0.0454, "NDCG@5": 0.0321, "HR@10": 0.0648, "NDCG@10": 0.0384},
            "TIGER paper (2023), as later reproductions quote it",
            checked=False,
        ),
    ),
    "A+": (_S3_REC,),
    "B": (
        _movielens("GMF", 0.706, 0.433, _NCF_RERUN),
        _movielens("MLP", 0.688, 0.416, _NCF_RERUN),
        _movielens("NeuMF", 0.699, 0.421, _NCF_RERUN),
        _movielens(
            "NeuMF pre-trained", 0.730, 0.447, "He et al. 2017, NCF: the best of .726-.730, .445-.447"
        ),
        _movielens("iALS", 0.711, 0.438, _REVISITED, checked=False),
        _movielens("SLIM", 0.716, 0.447, _REVISITED, checked=False),
        _movielens("EASE", 0.719, 0.449, _REVISITED, checked=False),
        _movielens("MF", 0.729, 0.452, _REVISITED, checked=False),
    ),
    "C": (
        Published(
            "SGDL on LightGCN",
            {"Recall@5": 0.1385, "NDCG@5": 0.4023, "Recall@20": 0.3410, "NDCG@20": 0.3637},
            "SGDL (SIGIR 2022), the authors' log",
        ),
    ),
    "F": (),
}
