"""The bundle: what goes in comes out; whatever is not a whole bundle is refused in one line."""

import hashlib
import os
import signal
import struct
import subprocess
import sys
import zipfile

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.bundle.container import FORMAT, MAGIC, Bundle, Manifest, Member, read_bundle, write_bundle
from samplew_gbm.errors import BundleError

HEADER = struct.Struct("<4sIQ32s")


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    n_factors: int = 64
    loss: str = "lambdarank"


def small_members():
    return {
        "model.txt": b"tree\x00\xff",
        "settings": Settings(32),
        "user_factors": np.arange(6, dtype=np.float32).reshape(2, 3),
        "items": pa.array(["a", "", "ö", None]),
        "events": pa.table({"id": pa.array([3, None, 5]), "name": ["x", "y", "z"]}),
    }


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.swgb"
    write_bundle(path, small_members())
    return path


def read_everything(bundle: Bundle):
    """Parse every member by its kind."""
    readers = {"bytes": bundle.raw, "json": bundle.json, "array": bundle.array}
    readers |= {"column": bundle.column, "table": bundle.table}
    return {name: readers[member.kind](name) for name, member in bundle.members.items()}


def forge(path, members, writer="0"):
    """A file whose hashes are right and whose content is anything: (name, kind, data, dtype, shape)."""
    entries, offset = [], 0
    for name, kind, data, dtype, shape in members:
        entries.append(Member(name, kind, offset, len(data), hashlib.sha256(data).hexdigest(), dtype, shape))
        offset += len(data)
    encoded = msgspec.json.encode(Manifest(writer, entries))
    body = b"".join(data for _, _, data, _, _ in members)
    forge_manifest(path, encoded, body)


def forge_manifest(path, encoded, body=b""):
    path.write_bytes(
        HEADER.pack(MAGIC, FORMAT, len(encoded), hashlib.sha256(encoded).digest()) + encoded + body
    )


def assert_refused(path, match=None):
    with pytest.raises(BundleError, match=match) as caught:
        read_everything(read_bundle(path))
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message


def test_everything_comes_back(small):
    bundle = read_bundle(small)
    assert bundle.names() == ["events", "items", "model.txt", "settings", "user_factors"]
    assert "items" in bundle
    assert "nothing" not in bundle
    assert bundle.raw("model.txt") == b"tree\x00\xff"
    assert bundle.json("settings", Settings) == Settings(32)
    assert bundle.json("settings") == {"n_factors": 32, "loss": "lambdarank"}
    np.testing.assert_array_equal(bundle.array("user_factors"), small_members()["user_factors"])
    assert bundle.column("items").equals(small_members()["items"])
    assert bundle.table("events").equals(small_members()["events"])


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"]
)
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 0), (2, 3, 4)])
def test_arrays_of_every_kind(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    write_bundle(tmp_path / "m", {"a": array})
    back = read_bundle(tmp_path / "m").array("a")
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(back, array)
    assert back.flags.aligned
    assert back.flags.writeable


def test_arrays_of_any_layout(tmp_path):
    array = np.arange(24.0).reshape(4, 6)
    write_bundle(
        tmp_path / "m", {"turned": array.T, "strided": array[::2, ::-3], "fortran": np.asfortranarray(array)}
    )
    bundle = read_bundle(tmp_path / "m")
    np.testing.assert_array_equal(bundle.array("turned"), array.T)
    np.testing.assert_array_equal(bundle.array("strided"), array[::2, ::-3])
    np.testing.assert_array_equal(bundle.array("fortran"), array)


COLUMNS = st.one_of(
    st.lists(st.none() | st.text(max_size=5), max_size=9).map(lambda v: pa.array(v, pa.string())),
    st.lists(st.none() | st.text(max_size=5), max_size=9).map(lambda v: pa.array(v, pa.large_string())),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=9).map(lambda v: pa.array(v, pa.int64())),
    st.lists(st.none() | st.integers(0, 255), max_size=9).map(lambda v: pa.array(v, pa.uint8())),
    st.lists(st.none() | st.floats(allow_nan=False), max_size=9).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.none() | st.booleans(), max_size=9).map(lambda v: pa.array(v, pa.bool_())),
)


@settings(max_examples=60, deadline=None)
@given(COLUMNS, st.integers(0, 4), st.integers(0, 9))
def test_columns_come_back_also_when_sliced(tmp_path_factory, column, start, length):
    path = tmp_path_factory.mktemp("bundle") / "m"
    part = column.slice(min(start, len(column)), length)
    write_bundle(path, {"whole": column, "part": part, "chunks": pa.chunked_array([part, column])})
    bundle = read_bundle(path)
    assert bundle.column("whole").equals(column)
    assert bundle.column("part").equals(part)
    assert bundle.column("chunks").equals(pa.concat_arrays([part, column]))


def test_column_without_chunks_and_nan(tmp_path):
    columns = {"none": pa.chunked_array([], pa.string()), "nan": pa.array([np.nan, None, 1.0])}
    write_bundle(tmp_path / "m", columns)
    bundle = read_bundle(tmp_path / "m")
    assert bundle.column("none").equals(pa.array([], pa.string()))
    assert str(bundle.column("nan").to_pylist()) == "[nan, None, 1.0]"


def test_equal_content_gives_equal_bytes(tmp_path):
    members = small_members()
    write_bundle(tmp_path / "a", members)
    members["items"] = pa.chunked_array([["a", ""], ["ö", None]])
    members["user_factors"] = np.asfortranarray(members["user_factors"])
    write_bundle(tmp_path / "b", dict(reversed(members.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_bundle(tmp_path / "a").digest == read_bundle(tmp_path / "b").digest


def test_every_flipped_byte_is_noticed(small):
    good = small.read_bytes()
    with open(small, "r+b", buffering=0) as file:
        for place, byte in enumerate(good):
            os.pwrite(file.fileno(), bytes([byte ^ (1 << (place % 8))]), place)
            with pytest.raises(BundleError):
                read_bundle(small)
            os.pwrite(file.fileno(), bytes([byte]), place)
    assert read_bundle(small).names()


def test_every_cut_is_noticed(small):
    for length in reversed(range(small.stat().st_size)):
        os.truncate(small, length)
        with pytest.raises(BundleError):
            read_bundle(small)


def test_bytes_added_at_the_end_are_noticed(small):
    small.write_bytes(small.read_bytes() + b"\0")
    assert_refused(small, "has bytes that do not belong")


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"")
    assert_refused(path, "is empty")
    path.write_bytes(b"tree\nversion=v4\n" * 10)
    assert_refused(path, "not a model bundle")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
    assert_refused(path, "is a zip file")
    assert_refused(tmp_path / "missing", "cannot be read")
    assert_refused(tmp_path, "cannot be read")


def test_newer_format_says_upgrade(small):
    data = bytearray(small.read_bytes())
    data[4:8] = (3).to_bytes(4, "little")
    small.write_bytes(data[:60])
    assert_refused(small, r"written by a newer samplew_gbm \(format 3, this one reads 1\): upgrade")


@pytest.mark.parametrize(
    ("dtype", "shape", "data"),
    [
        ("|O", [1], bytes(8)),
        (">f4", [1], bytes(4)),
        ("|V8", [1], bytes(8)),
        ("nonsense", [1], bytes(8)),
        ("<f4", [3], bytes(8)),
        ("<f4", [-1], bytes(8)),
        ("<f4", [-1, -2], bytes(8)),
        ("<f4", [0, 2**62, 2**62], b""),
        ("<f4", [2**70], bytes(8)),
        ("<f4", [1] * 9, bytes(4)),
        ("<f4", [1] * 99, bytes(4)),
        ("<f4", [1], bytes(3)),
        ("|b1", [1], b"\2"),
    ],
)
def test_forged_arrays_are_refused(tmp_path, dtype, shape, data):
    forge(tmp_path / "m", [("a", "array", data, dtype, shape)])
    assert_refused(tmp_path / "m", "member a")


def numbers(*values, dtype="<i8"):
    return np.array(values, dtype).tobytes(), dtype, [len(values)]


@pytest.mark.parametrize(
    "parts",
    [
        {"": b'{"type":"string","has_nulls":false}'},
        {"": b'{"type":"dictionary<values=string>","has_nulls":false}'},
        {"": b"\xff"},
        {"": b"[" * 5000},
        {"": b'{"type":"int64","has_nulls":false}', "values": numbers(1, dtype="<f8")},
        {"": b'{"type":"int64","has_nulls":false}', "values": (bytes(8), "<i8", [])},
        {"": b'{"type":"int64","has_nulls":false}', "values": (bytes(32), "<i8", [2, 2])},
        {"": b'{"type":"int64","has_nulls":true}', "values": numbers(1), "valid": numbers(1)},
        {"": b'{"type":"int64","has_nulls":true}', "values": numbers(1), "valid": numbers(1, 0, dtype="|b1")},
        {
            "": b'{"type":"string","has_nulls":false}',
            "offsets": numbers(0, 9),
            "values": numbers(97, dtype="|u1"),
        },
        {
            "": b'{"type":"string","has_nulls":false}',
            "offsets": numbers(0, 2, 1),
            "values": numbers(97, dtype="|u1"),
        },
        {"": b'{"type":"string","has_nulls":false}', "offsets": numbers(), "values": numbers(dtype="|u1")},
        {
            "": b'{"type":"string","has_nulls":false}',
            "offsets": numbers(0, 1),
            "values": numbers(255, dtype="|u1"),
        },
        {
            "": b'{"type":"string","has_nulls":true}',
            "offsets": numbers(0, 1),
            "values": numbers(97, dtype="|u1"),
            "valid": numbers(1, 0, dtype="|b1"),
        },
    ],
)
def test_forged_columns_are_refused(tmp_path, parts):
    members = [("c", "column", parts.pop(""), "", [])]
    members += [(f"c/{name}", "array", *part) for name, part in parts.items()]
    forge(tmp_path / "m", members)
    with pytest.raises(BundleError, match=r"member c|no array named c/"):
        read_bundle(tmp_path / "m").column("c")


def test_forged_tables_are_refused(tmp_path):
    header, values = b'{"type":"int64","has_nulls":false}', numbers(1, 2)
    columns = [("t/0", "column", header, "", []), ("t/0/values", "array", *values)]
    columns += [("t/1", "column", header, "", []), ("t/1/values", "array", *numbers(1))]
    forge(tmp_path / "m", [("t", "table", b'["a","b"]', "", []), *columns])
    with pytest.raises(BundleError, match="member t cannot be read"):
        read_bundle(tmp_path / "m").table("t")
    forge(tmp_path / "m", [("t", "table", b'["a"]', "", [])])
    with pytest.raises(BundleError, match="has no column named t/0"):
        read_bundle(tmp_path / "m").table("t")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b'{"writer":"0","members":[],"more":1}',
        b'{"writer":"0","members":[{"name":"a","kind":"bytes","offset":8,"size":0,"sha256":""}]}',
        b'{"writer":"0","members":[{"name":"a","kind":"bytes","offset":0,"size":-1,"sha256":""}]}',
        b'{"writer":"0","members":[{"name":"a","kind":"bytes","offset":0,"size":1000000000000,"sha256":""}]}',
        b'{"writer":"0","members":[{"name":"a\\nb","kind":"bytes","offset":0,"size":0,"sha256":"00"}]}',
    ],
)
def test_forged_manifests_are_refused(tmp_path, manifest):
    forge_manifest(tmp_path / "m", manifest)
    assert_refused(tmp_path / "m")


def test_member_named_twice_is_refused(tmp_path):
    forge(tmp_path / "m", [("a", "bytes", b"", "", []), ("a", "bytes", b"", "", [])])
    assert_refused(tmp_path / "m", "twice")


def test_manifest_size_is_bounded_before_it_is_read(tmp_path):
    (tmp_path / "m").write_bytes(HEADER.pack(MAGIC, FORMAT, 2**63, bytes(32)) + bytes(100))
    assert_refused(tmp_path / "m", "cut short or damaged")


def test_wrong_name_or_kind_is_a_bundle_of_another_kind(small):
    bundle = read_bundle(small)
    for read in (bundle.array, bundle.json, bundle.column, bundle.table, bundle.raw):
        with pytest.raises(BundleError, match=r"has no .* named missing"):
            read("missing")
    with pytest.raises(BundleError, match="has no array named items"):
        bundle.array("items")


def test_settings_are_checked_against_their_type(tmp_path):
    write_bundle(tmp_path / "m", {"settings": {"n_factors": "many"}})
    with pytest.raises(BundleError, match="member settings cannot be read"):
        read_bundle(tmp_path / "m").json("settings", Settings)


@pytest.mark.parametrize(
    ("member", "match"),
    [
        (np.array([object()]), "dtype"),
        (np.array(["text"]), "dtype"),
        (np.arange(3, dtype=">i4"), "little-endian"),
        (np.zeros(2, [("a", "i4")]), "dtype"),
        (pa.array([[1], [2]]), "type list"),
        (pa.table({"a": pa.array(["x"]).dictionary_encode()}), "type dictionary"),
        (object(), "cannot be saved"),
        (pa.array([1, 2]).type, "cannot be saved"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_leaves_the_old_file(small, member, match):
    before = small.read_bytes()
    with pytest.raises(BundleError, match=match):
        write_bundle(small, {"good": b"1", "bad": member})
    assert small.read_bytes() == before


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a b", "é", "a" * 101, "a\n"])
def test_names_are_plain(tmp_path, name):
    with pytest.raises(BundleError, match="cannot name a member"):
        write_bundle(tmp_path / "m", {name: b""})


def test_a_bundle_of_nothing(tmp_path):
    write_bundle(tmp_path / "m", {})
    assert read_bundle(tmp_path / "m").names() == []


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="the platform has no file size limit")
def test_full_disk_leaves_the_old_file_whole(small):
    before = small.read_bytes()
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "import numpy as np; from samplew_gbm.bundle import write_bundle\n"
        "from samplew_gbm.errors import SamplewError\n"
        "try: write_bundle(sys.argv[1], {'big': np.zeros(1_000_000)})\n"
        "except SamplewError as error: sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code, str(small)], env=os.environ, timeout=120)
    assert done.returncode == 7
    assert small.read_bytes() == before
    assert os.listdir(small.parent) == [small.name]
