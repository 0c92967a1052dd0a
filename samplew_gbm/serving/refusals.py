"""Requests that are not answered: a status, a code for machines, one line for people."""


class RefusalError(Exception):
    """Why a request is refused; ``headers`` go with the answer."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = " ".join(message.split())
        self.headers = headers or {}


def busy(message: str) -> RefusalError:
    """The server has more to do than it takes on; who asks again later is served."""
    return RefusalError(503, "busy", f"{message}; ask again later", {"retry-after": "1"})
