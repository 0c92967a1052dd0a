"""The importance schemes by name. A new one is a file with a ``Scheme`` and a line here and in settings."""

from samplew_gbm.importance.attention import attention
from samplew_gbm.importance.base import Scheme
from samplew_gbm.importance.controls import placebo, wrong_sign

SCHEMES: dict[str, Scheme] = {"attention": attention, "placebo": placebo, "wrong_sign": wrong_sign}
"""``none`` is no scheme: it is training without weights."""
