"""Vocabularies: sorted, found by number or spelling, and never through a float."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary
from samplew_gbm.errors import SchemaError, UnknownIdError

INTS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=200)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
TEXTS = st.lists(TEXT, max_size=200)


@settings(max_examples=50, deadline=None)
@given(st.one_of(INTS.map(lambda v: pa.array(v, pa.int64())), TEXTS.map(lambda v: pa.array(v, pa.string()))))
def test_factorize_is_the_sorted_unique_inverse(values: pa.Array) -> None:
    vocabulary, index = Vocabulary.factorize(values)
    assert vocabulary.ids.to_pylist() == sorted(set(values.to_pylist()))
    assert index.dtype == np.int32
    assert vocabulary.decode(index).equals(values)
    assert vocabulary == Vocabulary.from_values(values)


@settings(max_examples=50, deadline=None)
@given(TEXTS, TEXTS)
def test_encode_agrees_with_find_whatever_the_length(known: list[str], asked: list[str]) -> None:
    vocabulary = Vocabulary.from_values(pa.array(known, pa.string()))
    places = {name: place for place, name in enumerate(sorted(set(known)))}
    asked = (asked + known) * 3
    expected = [places.get(name, UNKNOWN) for name in asked]
    assert vocabulary.encode(pa.array(asked, pa.string())).tolist() == expected
    assert [vocabulary.find(name) for name in asked] == expected


@pytest.mark.parametrize("repeat", [1, 100])
def test_numbers_and_their_spelling_find_each_other(repeat: int) -> None:
    numbers = Vocabulary.from_values(pa.array([7, 12, 2**63 - 1]))
    text = pa.array(["12", "012", "7.0", "x", str(2**63 - 1), None] * repeat)
    assert numbers.encode(text).tolist() == [1, -1, -1, -1, 2, -1] * repeat
    words = Vocabulary.from_values(pa.array(["007", "12", "7"]))
    assert words.encode(pa.array([7, 12, 13] * repeat)).tolist() == [2, 1, -1] * repeat


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["b", "a", "b"]),
        pa.array(["b", "a", "b"], pa.large_string()),
        pa.array(["b", "a", "b"]).dictionary_encode(),
        pa.chunked_array([["b"], [], ["a", "b"]], pa.string()),
        pa.chunked_array([pa.array(["b"]).dictionary_encode(), pa.array(["a", "b"]).dictionary_encode()]),
    ],
)
def test_every_layout_of_text_gives_the_same_vocabulary(values: pa.Array) -> None:
    vocabulary, index = Vocabulary.factorize(values)
    assert vocabulary.ids.equals(pa.array(["a", "b"]))
    assert index.tolist() == [1, 0, 1]
    assert vocabulary.encode(values).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint8(), pa.int32(), pa.uint32(), pa.uint64(), pa.decimal128(19, 0)]
)
def test_every_width_of_integer_gives_int64(kind: pa.DataType) -> None:
    vocabulary = Vocabulary.from_values(pa.array([9, 10, 2]).cast(kind))
    assert vocabulary.ids.equals(pa.array([2, 9, 10], pa.int64()))


def test_integers_beyond_int64_become_text() -> None:
    vocabulary = Vocabulary.from_values(pa.array([2**64 - 1, 3], pa.uint64()))
    assert vocabulary.ids.to_pylist() == ["18446744073709551615", "3"]
    assert vocabulary.find(2**64 - 1) == 0


def test_empty_vocabulary_knows_nothing() -> None:
    for kind in (pa.string(), pa.int64()):
        vocabulary, index = Vocabulary.factorize(pa.chunked_array([], kind))
        assert len(vocabulary) == 0
        assert index.shape == (0,)
        assert vocabulary.encode(pa.array(["a"] * 100)).tolist() == [-1] * 100
        assert vocabulary.encode(pa.array([], pa.string())).dtype == np.int32


def test_decode_gives_null_for_unknown() -> None:
    vocabulary = Vocabulary.from_values(pa.array(["a", "b"]))
    assert vocabulary.decode(np.array([1, -1, 0], np.int32)).to_pylist() == ["b", None, "a"]


def test_index_of_raises_for_an_unknown_id() -> None:
    vocabulary = Vocabulary.from_values(pa.array(["a", "b"]))
    assert vocabulary.index_of("b") == 1
    with pytest.raises(UnknownIdError, match="'zebra'"):
        vocabulary.index_of("zebra")


@pytest.mark.parametrize("value", [True, 1.0, None, b"1", "", "1 "])
def test_what_is_no_id_is_unknown(value: object) -> None:
    assert Vocabulary.from_values(pa.array([0, 1])).find(value) == UNKNOWN


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(["b", "a"]),
        pa.array(["a", "a"]),
        pa.array(["a", None]),
        pa.array([1.0]),
        pa.array([1], pa.int32()),
    ],
)
def test_unsorted_repeated_or_untyped_ids_are_refused(ids: pa.Array) -> None:
    with pytest.raises(SchemaError):
        Vocabulary(ids)


def test_vocabulary_survives_arrow_round_trip() -> None:
    vocabulary = Vocabulary.from_values(pa.array(["007", "7", "ü", ""]))
    sink = pa.BufferOutputStream()
    table = pa.table({"id": vocabulary.ids})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    again = pa.ipc.open_stream(sink.getvalue()).read_all()["id"].combine_chunks()
    assert Vocabulary(again) == vocabulary
    assert pc.all(pc.equal(again, vocabulary.ids)).as_py()
