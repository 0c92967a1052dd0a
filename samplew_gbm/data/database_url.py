"""The address of a table or a query in a database, which is never shown with its password."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from samplew_gbm.errors import SettingsError

_SCHEMES = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}
_SECRETS = ("password", "sslpassword", "passfile", "sslkey")
_FORMS = "sqlite:///FILE?table=NAME, postgresql://USER@HOST/DATABASE?table=NAME, or query=SQL for table"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where rows come from: ``table`` (its parts, as schema and table) or ``query``, one of the two.

    ``uri`` is what the driver is given and may hold a password, so it is in no text of this object; ``str``
    and ``repr`` show ``shown``.
    """

    kind: str
    shown: str
    uri: str = field(repr=False)
    table: tuple[str, ...] = ()
    query: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.shown

    @property
    def name(self) -> str:
        """A short name for progress: the table's, or what it is."""
        return self.table[-1] if self.table else "the query"

    @property
    def file(self) -> str:
        """The file of the database; empty for one behind a server."""
        return self.uri if self.kind == "sqlite" else ""

    def redacted(self, text: str) -> str:
        """``text`` without any of the secrets, for messages that a driver wrote."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def is_database_url(text: str) -> bool:
    """Whether ``text`` is an address of this kind rather than a path."""
    scheme, colon, _ = text.partition("://")
    return bool(colon) and scheme.lower() in _SCHEMES


def parse_database_url(text: str) -> DatabaseUrl:
    """Read an address; ``SettingsError`` says what is wrong with one, and never repeats it.

    ``table=NAME`` takes ``SCHEMA.NAME`` too; a part in double quotes may hold dots. ``query=`` comes last and
    takes the rest as it is, percent-encoded or plain (a ``%`` before two hexadecimal digits is ``%25`` then).
    Everything else of a PostgreSQL address is libpq's.
    """
    scheme, _, rest = text.partition("://")
    kind = _SCHEMES[scheme.lower()]
    base, _, parameters = rest.partition("?")
    options, query = _split_query(parameters)
    pairs = parse_qsl(options, keep_blank_values=True)
    tables = [value for name, value in pairs if name == "table"]
    if bool(query) + len(tables) != 1 or tables == [""]:
        raise SettingsError(f"the {kind} address must name one table or one query; write {_FORMS}")
    others = [(name, value) for name, value in pairs if name != "table"]
    table = _identifier(tables[0]) if tables else ()
    make = _sqlite if kind == "sqlite" else _postgresql
    return make(base, others, table, query)


def _split_query(parameters: str) -> tuple[str, str]:
    found = re.search(r"(?:^|&)query=", parameters)
    if found is None:
        return parameters, ""
    return parameters[: found.start()], unquote(parameters[found.end() :]).strip().rstrip(";").rstrip()


def _identifier(text: str) -> tuple[str, ...]:
    """``schema.table`` in its parts; a part in double quotes is taken as it is."""
    parts = re.findall(r'(?:^|\.)(?:"((?:[^"]|"")+)"|([^."]+))', text)
    names = tuple(quoted.replace('""', '"') or plain for quoted, plain in parts)
    spelled = ".".join(f'"{quoted}"' if quoted else plain for quoted, plain in parts)
    if spelled != text or len(names) > 3:
        raise SettingsError(f'table={text}: is no name of a table; write NAME, SCHEMA.NAME or "a.name"."b"')
    return names


def _sqlite(base: str, others: Iterable[tuple[str, str]], table: tuple[str, ...], query: str) -> DatabaseUrl:
    path = unquote(base.removeprefix("/"))
    if not base.startswith("/") or not path:
        raise SettingsError(
            f"sqlite://{base}: names no file; write sqlite:///FILE, or sqlite:////FILE from the root on"
        )
    for name, _ in others:
        raise SettingsError(f"sqlite:///{path}: has no option {name!r}; it takes table or query")
    return DatabaseUrl("sqlite", f"sqlite:///{path}{_target(table)}", path, table, query)


def _postgresql(base: str, others: list[tuple[str, str]], table: tuple[str, ...], query: str) -> DatabaseUrl:
    try:
        parsed = urlsplit(f"postgresql://{base}")
        host, port = parsed.hostname or "", parsed.port
    except ValueError:
        host, port = "", -1
    if port == -1 or "@" in parsed.path or "@" in parsed.netloc.rpartition("@")[0]:
        # A password with "/", "@", "#" or ":" in it reads as a host or port: nothing of it may be shown.
        raise SettingsError(
            "the postgresql address cannot be read; percent-encode special characters of user and password "
            "(%40 for @, %2F for /), and write postgresql://USER@HOST:PORT/DATABASE?table=NAME"
        )
    user = f"{parsed.username}@" if parsed.username else ""
    at = f":{port}" if port is not None else ""
    words = [parsed.password or "", *(value for name, value in others if name in _SECRETS)]
    secrets = {
        form for word in words for form in (word, unquote(word), quote(unquote(word), safe="")) if form
    }
    options = "&".join(f"{name}={quote(value, safe='')}" for name, value in others)
    return DatabaseUrl(
        kind="postgresql",
        shown=f"postgresql://{user}{host}{at}{parsed.path}{_target(table)}",
        uri=f"postgresql://{base}{'?' if options else ''}{options}",
        table=table,
        query=query,
        secrets=tuple(sorted(secrets, key=len, reverse=True)),
    )


def _target(table: tuple[str, ...]) -> str:
    return f"?table={'.'.join(table)}" if table else "?query=..."
