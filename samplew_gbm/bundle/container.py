"""The model bundle: one file of named members, checked whole before any of it is parsed.

Layout, little-endian, nothing compressed and nothing between the parts::

    "SWGB" | format u32 | manifest size u64 | SHA-256 of the manifest, 32 bytes
    manifest   JSON: every member's name, kind, offset, size, SHA-256
    members    one after another, in the order of their names

The sizes must add up to the file's, so that a cut or padded file is noticed, and equal content gives
equal bytes. There is no pickle. The hashes tell damage, not origin: they prove no author.
"""

import hashlib
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, overload

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import samplew_gbm
from samplew_gbm.bundle import members as kinds
from samplew_gbm.data.writing import atomic_write
from samplew_gbm.errors import BundleError

MAGIC = b"SWGB"
FORMAT = 1
MAX_MANIFEST_BYTES = 16 << 20
_HEADER = struct.Struct("<4sIQ32s")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_AGAIN = "copy it again from its source or train again"
PathLike = str | os.PathLike[str]
T = TypeVar("T")


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the manifest; ``dtype`` and ``shape`` are those of an array."""

    name: str
    kind: str
    offset: int
    size: int
    sha256: str
    dtype: str = ""
    shape: list[int] = []


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle holds, and the version of the package that wrote it."""

    writer: str
    members: list[Member]


def write_bundle(path: PathLike, members: Mapping[str, Any]) -> None:
    """Write members to a file, whole or not at all: on any error an older file stays as it was.

    A member is bytes, a NumPy array of little-endian numbers or bool, an Arrow array or table of
    numbers, bool and strings, or else anything msgspec can turn into JSON (settings). Names are
    letters, digits, "_", "." and "-". BundleError for anything else, DataError if the file cannot be
    written.
    """
    wrong = [name for name in members if not _NAME.fullmatch(name)]
    if wrong:
        raise BundleError(f"{path}: {wrong[0]!r} cannot name a member: use letters, digits, '_', '.' and '-'")
    parts = [part for name, value in members.items() for part in kinds.parts_of(name, value)]
    parts.sort(key=lambda part: part.name)
    entries, offset = [], 0
    for part in parts:
        size = len(part.data)
        digest = hashlib.sha256(part.data).hexdigest()
        entries.append(Member(part.name, part.kind, offset, size, digest, part.dtype, list(part.shape)))
        offset += size
    manifest = msgspec.json.encode(Manifest(samplew_gbm.__version__, entries))
    with atomic_write(path) as file:
        file.write(_HEADER.pack(MAGIC, FORMAT, len(manifest), hashlib.sha256(manifest).digest()))
        file.write(manifest)
        for part in parts:
            file.write(part.data)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Members in memory, all hashes checked. A wrong name or kind is a BundleError that names the file."""

    path: str
    digest: str
    """hex SHA-256 of the manifest: names the content as a whole"""
    writer: str
    members: dict[str, Member]
    blobs: dict[str, NDArray[np.uint8]]

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def names(self) -> list[str]:
        """Names as they were given to `write_bundle`, sorted."""
        return [name for name in self.members if "/" not in name]

    def raw(self, name: str) -> bytes:
        return self._blob(name, kinds.BYTES).tobytes()

    def array(self, name: str) -> NDArray[Any]:
        """The array, without a copy: two calls share memory."""
        blob, member = self._blob(name, kinds.ARRAY), self.members[name]
        try:
            return kinds.array_from(blob, member.dtype, member.shape)
        except ValueError as error:
            raise self._unreadable(name, error) from None

    @overload
    def json(self, name: str) -> Any: ...
    @overload
    def json(self, name: str, kind: type[T]) -> T: ...
    def json(self, name: str, kind: Any = Any) -> Any:
        """The value, checked against a type: a `msgspec.Struct`, for example."""
        return self._decoded(name, kinds.JSON, kind)

    def column(self, name: str) -> pa.Array:
        header = self._decoded(name, kinds.COLUMN, kinds.ColumnHeader)
        try:
            return kinds.column_from(header, lambda part: self.array(f"{name}/{part}"))
        except (KeyError, ValueError, pa.ArrowException) as error:
            raise self._unreadable(name, error) from None

    def table(self, name: str) -> pa.Table:
        columns = self._decoded(name, kinds.TABLE, list[str])
        try:
            return pa.table([self.column(f"{name}/{place}") for place in range(len(columns))], names=columns)
        except (ValueError, pa.ArrowException) as error:
            raise self._unreadable(name, error) from None

    def _blob(self, name: str, kind: str) -> NDArray[np.uint8]:
        if name not in self.members or self.members[name].kind != kind:
            raise BundleError(f"{self.path}: has no {kind} named {name}: it is a bundle of another kind")
        return self.blobs[name]

    def _decoded(self, name: str, kind: str, into: Any) -> Any:
        try:
            return msgspec.json.decode(self._blob(name, kind).data, type=into)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise self._unreadable(name, error) from None

    def _unreadable(self, name: str, error: Exception) -> BundleError:
        return BundleError(f"{self.path}: member {name} cannot be read ({_one_line(error)}): train again")


def is_bundle(path: PathLike) -> bool:
    """Whether a file begins as a bundle does, whole or not; False for what cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_bundle(path: PathLike) -> Bundle:
    """Read a whole bundle and check every hash; BundleError, in one line, for any file that is not one."""
    try:
        with open(path, "rb") as file:
            return _read(file, os.fspath(path))
    except OSError as error:
        reason = error.strerror or _one_line(error)
        raise BundleError(f"{path}: cannot be read ({reason}); check the path and its permissions") from None


def _read(file: BinaryIO, path: str) -> Bundle:
    size = os.fstat(file.fileno()).st_size
    n_manifest, digest = _checked_header(file.read(_HEADER.size), path)
    if n_manifest > min(size - _HEADER.size, MAX_MANIFEST_BYTES):
        raise BundleError(f"{path}: is cut short or damaged (manifest); {_AGAIN}")
    encoded = file.read(n_manifest)
    if hashlib.sha256(encoded).digest() != digest:
        raise BundleError(f"{path}: is damaged (manifest); {_AGAIN}")
    manifest = _decoded_manifest(encoded, path)
    _check_sizes(manifest, size - _HEADER.size - n_manifest, path)
    blobs = {member.name: _read_member(file, member, path) for member in manifest.members}
    members = {member.name: member for member in manifest.members}
    return Bundle(path, digest.hex(), manifest.writer, members, blobs)


def _checked_header(header: bytes, path: str) -> tuple[int, bytes]:
    """Size and SHA-256 of the manifest; the format's version is looked at before all else."""
    if not header:
        raise BundleError(f"{path}: is empty; {_AGAIN}")
    if header[: len(MAGIC)] != MAGIC[: len(header)]:
        kind = "a zip file" if header.startswith(b"PK") else "another kind of file"
        raise BundleError(f"{path}: is {kind}, not a model bundle; give a file that samplew train wrote")
    if len(header) < _HEADER.size:
        raise BundleError(f"{path}: is cut short (header); {_AGAIN}")
    _, version, n_manifest, digest = _HEADER.unpack(header)
    if version > FORMAT:
        raise BundleError(
            f"{path}: written by a newer samplew_gbm (format {version}, this one reads {FORMAT}): upgrade"
        )
    if version < FORMAT:
        raise BundleError(f"{path}: format {version} does not exist; {_AGAIN}")
    return n_manifest, digest


def _decoded_manifest(encoded: bytes, path: str) -> Manifest:
    try:
        return msgspec.json.decode(encoded, type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BundleError(f"{path}: its manifest cannot be read ({_one_line(error)}); {_AGAIN}") from None


def _check_sizes(manifest: Manifest, n_bytes: int, path: str) -> None:
    """Members follow each other without gap, and end where the file ends; no name comes twice."""
    expected = 0
    for member in manifest.members:
        if member.offset != expected or member.size < 0:
            raise BundleError(f"{path}: member {_one_line(member.name)} is misplaced; {_AGAIN}")
        expected += member.size
    if expected != n_bytes:
        what = "is cut short" if n_bytes < expected else "has bytes that do not belong to it"
        raise BundleError(f"{path}: {what} ({n_bytes} bytes of members, expected {expected}); {_AGAIN}")
    if len({member.name for member in manifest.members}) != len(manifest.members):
        raise BundleError(f"{path}: names a member twice; {_AGAIN}")


def _read_member(file: BinaryIO, member: Member, path: str) -> NDArray[np.uint8]:
    blob = np.empty(member.size, np.uint8)
    n_read = file.readinto(blob.data)  # type: ignore[attr-defined]
    if n_read != member.size or hashlib.sha256(blob.data).hexdigest() != member.sha256:
        raise BundleError(f"{path}: is damaged (member {_one_line(member.name)}); {_AGAIN}")
    return blob


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]
