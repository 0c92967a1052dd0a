"""A model as a bundle, and back."""

import os
from typing import Any

import msgspec

from samplew_gbm.bundle import Bundle, read_bundle, write_bundle
from samplew_gbm.bundle.model_kinds import HEADER, LOG_MODEL, check_kind
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.item_tables import (
    ContentTable,
    EmbeddingTable,
    EventTimes,
    ItemTable,
    ItemTables,
    NextTable,
    SpectralTable,
    TasteTable,
)
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import BundleError, DataError, SettingsError
from samplew_gbm.pipeline.integrity import TABLES, check_model
from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.pipeline.side_members import SideNames, members_of_side, names_of_side, side_from
from samplew_gbm.ranking.ranker import Ranker
from samplew_gbm.settings import Settings

NEXT_PARTS = ("items", "following", "bias", "lag_weights")
SPECTRAL_PARTS = ("vectors", "root")
TASTE_PARTS = ("topics", "noise", "least")


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is not an array: ``kind`` tells a model from other bundles."""

    kind: str
    order: str
    settings: Settings
    report: TrainingReport
    names: list[str]
    n_trees: int
    confidence: float
    regularization: float
    side: SideNames | None = None
    repeats: bool = False


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to one file, whole or not at all.

    The same log, settings and versions give the same bytes, whatever the log was read from: what training
    cost (``seconds`` and ``peak_rss_bytes`` of the report) differs from run to run and is left out.
    """
    ranker, embeddings = model.ranker, model.tables.embeddings
    members: dict[str, Any] = {
        HEADER: Header(
            LOG_MODEL,
            model.order.value,
            model.settings,
            msgspec.structs.replace(model.report, seconds={}, peak_rss_bytes=0),
            list(ranker.names),
            ranker.n_trees,
            embeddings.confidence,
            embeddings.regularization,
            names_of_side(model.tables.side),
            model.tables.repeats,
        ),
        "users": model.users.ids,
        "items": model.items.ids,
        "ranker": ranker.text.encode(),
        "history.indptr": model.histories.indptr,
        "history.items": model.histories.items,
        "counts": model.tables.counts,
        "embeddings": embeddings.items,
    }
    if model.history_time is not None:
        members["history.time"] = model.history_time
    if model.tables.events is not None:
        members |= {"events.indptr": model.tables.events.indptr, "events.time": model.tables.events.time}
    if model.tables.content is not None:
        content = model.tables.content
        members |= {
            "content.indptr": content.indptr,
            "content.tokens": content.tokens,
            "content.weight": content.weight,
        }
    if model.tables.spectral is not None:
        members |= {f"spectral.{part}": getattr(model.tables.spectral, part) for part in SPECTRAL_PARTS}
    if model.tables.taste is not None:
        members |= {f"taste.{part}": getattr(model.tables.taste, part) for part in TASTE_PARTS}
        if model.tables.histories is not None:  # less than the model's
            members |= {"meant.indptr": model.tables.histories.indptr}
            members |= {"meant.items": model.tables.histories.items}
    if model.tables.softmax_next is not None:
        members |= {f"softmax_next.{part}": getattr(model.tables.softmax_next, part) for part in NEXT_PARTS}
    members |= members_of_side(model.tables.side)
    for name in TABLES:
        table = getattr(model.tables, name)
        if table is not None:
            parts = {"indptr": table.indptr, "indices": table.indices, "data": table.data}
            members |= {f"{name}.{part}": values for part, values in parts.items()}
    write_bundle(path, members)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model; ``BundleError`` for anything that is not one, or whose parts do not fit each other."""
    return model_in(read_bundle(path))


def model_in(bundle: Bundle) -> Model:
    """The same of a bundle that was read."""
    check_kind(bundle, LOG_MODEL)
    header = bundle.json(HEADER, Header)
    try:
        model = _model(bundle, header)
        check_model(model)
    except (ValueError, KeyError, TypeError, DataError, SettingsError) as error:
        raise BundleError(f"{bundle.path}: its parts do not fit together ({error}); train again") from None
    return model


def _model(bundle: Bundle, header: Header) -> Model:
    time = bundle.array("history.time") if "history.time" in bundle else None
    text = bundle.raw("ranker").decode()
    ranker = Ranker(text, tuple(header.names), header.n_trees, header.report.feature_gain)
    histories = Lists(bundle.array("history.indptr"), bundle.array("history.items"))
    return Model(
        settings=header.settings,
        order=Order(header.order),
        users=Vocabulary(bundle.column("users")),
        items=Vocabulary(bundle.column("items")),
        histories=histories,
        history_time=time,
        tables=_tables(bundle, header, histories),
        ranker=ranker,
        report=header.report,
    )


def _tables(bundle: Bundle, header: Header, histories: Lists) -> ItemTables:
    first, second = _table(bundle, "first_order"), _table(bundle, "second_order")
    if first is None or second is None:
        raise ValueError("no co-visitation tables")
    events = None
    if "events.indptr" in bundle:
        events = EventTimes(bundle.array("events.indptr"), bundle.array("events.time"))
    content = None
    if "content.indptr" in bundle:
        content = ContentTable(*(bundle.array(f"content.{part}") for part in ("indptr", "tokens", "weight")))
    spectral = None
    if "spectral.vectors" in bundle:
        spectral = SpectralTable(*(bundle.array(f"spectral.{part}") for part in SPECTRAL_PARTS))
    taste = None
    if "taste.topics" in bundle:
        taste = TasteTable(*(bundle.array(f"taste.{part}") for part in TASTE_PARTS))
        if Order(header.order) is not Order.NONE:
            histories = Lists(bundle.array("meant.indptr"), bundle.array("meant.items"))
    following = None
    if "softmax_next.items" in bundle:
        following = NextTable(*(bundle.array(f"softmax_next.{part}") for part in NEXT_PARTS))
    return ItemTables(
        counts=bundle.array("counts"),
        first_order=first,
        second_order=second,
        embeddings=EmbeddingTable(bundle.array("embeddings"), header.confidence, header.regularization),
        transitions=_table(bundle, "transitions"),
        sessions=_table(bundle, "sessions"),
        linear=_table(bundle, "linear"),
        linear_next=_table(bundle, "linear_next"),
        spectral=spectral,
        softmax_next=following,
        histories=None if Order(header.order) is Order.NONE else histories,
        events=events,
        content=content,
        side=None if header.side is None else side_from(bundle.array, header.side),
        repeats=header.repeats,
        taste=taste,
    )


def _table(bundle: Bundle, name: str) -> ItemTable | None:
    if f"{name}.indptr" not in bundle:
        return None
    return ItemTable(*(bundle.array(f"{name}.{part}") for part in ("indptr", "indices", "data")))
