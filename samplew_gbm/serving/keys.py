"""API keys: kept as SHA-256, compared in constant time."""

import hashlib
import hmac
import re
from pathlib import Path

from samplew_gbm.errors import DataError
from samplew_gbm.serving.refusals import RefusalError

_LINE = re.compile(r"([0-9a-fA-F]{64})(\s.*)?")


class Keys:
    """The hashes of the keys that are let in; without any everybody is."""

    def __init__(self, hashes: tuple[bytes, ...] = ()) -> None:
        self._hashes = hashes

    def check(self, authorization: bytes | None) -> None:
        """A refusal (401) for a header ``Authorization`` that holds no known key."""
        if not self._hashes:
            return
        scheme, _, key = (authorization or b"").partition(b" ")
        given = hashlib.sha256(key.strip()).digest()
        # Every hash is looked at, so that the time taken does not say which was close.
        known = sum(hmac.compare_digest(given, each) for each in self._hashes)
        if scheme.lower() != b"bearer" or not known:
            message = "give a known API key, as the header Authorization: Bearer KEY"
            raise RefusalError(401, "unauthorized", message, {"www-authenticate": "Bearer"})


def read_keys(path: Path) -> Keys:
    """The file of keys: a line each, its SHA-256 in hexadecimal and any name behind it; # begins a comment.

    ``DataError`` for another line, and where there is no key.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise DataError(f"{path}: the API keys cannot be read ({reason}); check the file") from None
    hashes = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise DataError(f"{path}: line {number} is no SHA-256 of a key; write what sha256sum gives")
        hashes.append(bytes.fromhex(found[1]))
    if not hashes:
        raise DataError(f"{path}: there is no key in it; write the SHA-256 of each key on a line")
    return Keys(tuple(hashes))
