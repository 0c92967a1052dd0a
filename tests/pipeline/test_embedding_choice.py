"""The setting ``embeddings`` through training, saving, loading and recommending."""

import msgspec
import numpy as np
import pytest

from samplew_gbm import load_model, recommend, save_model, train
from tests.pipeline.tiny_logs import TINY, random_log


@pytest.mark.parametrize("name", ["bpr", "item2vec"])
def test_a_model_of_another_learner_is_kept_whole(name, tmp_path):
    log = random_log()
    model = train(log, msgspec.structs.replace(TINY, embeddings=name))
    save_model(model, tmp_path / "model.swg")
    loaded = load_model(tmp_path / "model.swg")
    assert loaded.settings.embeddings == name
    table, kept = model.tables.embeddings, loaded.tables.embeddings
    np.testing.assert_array_equal(table.items, kept.items)
    assert (table.confidence, table.regularization) == (kept.confidence, kept.regularization)
    assert recommend(model, k=5).equals(recommend(loaded, k=5))
    assert not np.array_equal(table.items, train(log, TINY).tables.embeddings.items)
