"""Which features of a matrix are categories, and which values they have, over all its files."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from samplew_gbm.data.arrow import as_array, is_text
from samplew_gbm.data.encoding import Encoding
from samplew_gbm.data.identifiers import join_ids, raw_ids
from samplew_gbm.data.matrix_columns import check_in_all
from samplew_gbm.data.numbers import first_no_number, numbers_in_text
from samplew_gbm.data.request import Part
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import SchemaError

MOST_DISTINCT = 100  # values that a column of categories may have however few rows there are
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


def encoding_of_parts(
    parts: list[Part], names: tuple[str, ...], categorical: Collection[str] = ()
) -> Encoding:
    """The encoding of the features ``names``; those in ``categorical`` are categories whatever they hold.

    Of the others are what the source holds as text or categories. A file of text holds nothing else: there a
    column is of numbers where every value is one, and of categories where none is. ``SchemaError`` for one
    that is neither or whose values hardly repeat, and where a file lacks a feature.
    """
    categories = {}
    for name in names:
        check_in_all(parts, name)
        if name in categorical or any(_is_category(part, name) for part in parts):
            if name not in categorical:
                _refuse_numbers(parts, name)
            ids = [raw_ids(part.table[name], where=part.where, column=name) for part in parts]
            joined = join_ids(ids, [part.where for part in parts], name, textual=False)
            categories[name] = Vocabulary.from_values(joined)
            if name not in categorical:
                _refuse_titles(joined, len(categories[name]), f"{parts[0].where}: column {name!r}", name)
    return Encoding(names, categories, True)


def _is_category(part: Part, name: str) -> bool:
    column = part.table[name]
    if is_text(column.type) and name in part.textual:
        return numbers_in_text(as_array(column)) is None
    return is_text(column.type) or pa.types.is_dictionary(column.type)


def _refuse_numbers(parts: list[Part], name: str) -> None:
    """A column of a file of text with some numbers is more likely one with a slip, or a word for missing."""
    spelled = [part for part in parts if name in part.textual and is_text(part.table[name].type)]
    if not any(pc.any(pc.match_substring_regex(_distinct(part, name), _NUMBER)).as_py() for part in spelled):
        return
    part = next(part for part in spelled if _is_category(part, name))
    row, value = first_no_number(as_array(part.table[name]))
    raise SchemaError(
        f"{part.where}: column {name!r} holds {value!r} in row {row + 1}, which is not a number, though "
        "others are; correct it, leave it empty where it is missing, or say that these are categories: "
        f"--categorical {name}"
    )


def _refuse_titles(values: pa.ChunkedArray, n_distinct: int, where: str, name: str) -> None:
    """Text that is another in most rows says nothing of further rows, and is learned by heart."""
    n_rows = len(values) - values.null_count
    if n_distinct > MOST_DISTINCT and n_distinct > n_rows / 2:
        raise SchemaError(
            f"{where} has {n_distinct:,} different values in {n_rows:,} rows, and categories repeat; "
            f"leave it out by --leave-out {name}, or say that they are such: --categorical {name}"
        )


def _distinct(part: Part, name: str) -> pa.Array:
    return as_array(part.table[name]).unique().drop_null()
