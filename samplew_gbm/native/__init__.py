"""The C core, for NumPy arrays: the only importer of the extension.

All arrays are C-contiguous and of the stated dtype; nothing is converted silently. Compressed rows (CSR)
are ``indptr`` int64[n_rows + 1], ``indices`` int32[n] and ``data`` float32[n]. A wrong dtype is a
``TypeError``, a wrong shape or value a ``ValueError`` that names the argument, a failure of the numbers a
``NativeError``. Results are the same bits for any ``n_threads``; they may differ between instruction sets.

Long calls take ``progress``, called about five times a second with the units done so far, and ``control``,
an int64[2] array {units done, cancel}: setting the second cell from another thread ends the call with
``NativeError``. They run beside the calling thread, so Ctrl-C ends them.
"""

from samplew_gbm.native.als import als_fit, als_fold_in, als_gram, als_loss
from samplew_gbm.native.calling import Csr, instruction_set
from samplew_gbm.native.forest import Forest, forest_score
from samplew_gbm.native.gradient import bpr_fit, item2vec_fit
from samplew_gbm.native.lambdarank import PAIR_FACTORS, lambdarank, lambdarank_plan
from samplew_gbm.native.next_item import next_fit
from samplew_gbm.native.sparse import covisit_count, csr_top_n, csr_transpose, sparse_top_product
from samplew_gbm.native.topk import top_k

__all__ = [
    "PAIR_FACTORS",
    "Csr",
    "Forest",
    "als_fit",
    "als_fold_in",
    "als_gram",
    "als_loss",
    "bpr_fit",
    "covisit_count",
    "csr_top_n",
    "csr_transpose",
    "forest_score",
    "instruction_set",
    "item2vec_fit",
    "lambdarank",
    "lambdarank_plan",
    "next_fit",
    "sparse_top_product",
    "top_k",
]
