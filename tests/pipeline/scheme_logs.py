"""Logs with events and values, and settings for each scheme."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import TINY


def with_extras(log, seed=0):
    rng = np.random.default_rng(seed)
    events = np.array(["view", "cart", "purchase"])[rng.integers(0, 3, len(log))]
    return replace(log, event=pa.array(events), value=rng.random(len(log)))


def settings_of(name, **options):
    given = {field: getattr(TINY, field) for field in TINY.__struct_fields__}
    return Settings(**given | {"importance": name} | options)
