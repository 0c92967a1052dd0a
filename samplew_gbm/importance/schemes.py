"""The importance schemes by name. A new one is a file with a ``Scheme`` and a line here and in settings."""

from samplew_gbm.importance.attention import attention
from samplew_gbm.importance.base import Scheme
from samplew_gbm.importance.centred import centred
from samplew_gbm.importance.consensus import consensus
from samplew_gbm.importance.controls import placebo, wrong_sign
from samplew_gbm.importance.external import external
from samplew_gbm.importance.judges import blend, ranker_score
from samplew_gbm.importance.losses import loss_rank, r_ce, t_ce
from samplew_gbm.importance.propensity import inverse_propensity
from samplew_gbm.importance.purchases import purchase_given_click
from samplew_gbm.importance.taste import taste
from samplew_gbm.importance.uniform import uniform
from samplew_gbm.importance.vectors import vectors

_ALL = (
    Scheme("attention", attention),
    centred,
    taste,
    uniform,
    consensus,
    vectors,
    r_ce,
    t_ce,
    loss_rank,
    purchase_given_click,
    inverse_propensity,
    external,
    ranker_score,
    blend,
    Scheme("placebo", placebo),
    Scheme("wrong_sign", wrong_sign),
)

SCHEMES: dict[str, Scheme] = {each.name: each for each in _ALL}
"""``none`` is no scheme: it is training without weights."""
