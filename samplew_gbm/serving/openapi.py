"""The OpenAPI document, made of the routes and the types of their messages."""

from typing import Any

import msgspec

from samplew_gbm import __version__
from samplew_gbm.serving.messages import Failure
from samplew_gbm.serving.routes import ROUTES, Route

_FAULTS = {
    400: "The body is no JSON.",
    401: "There is no known API key.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body is not declared as application/json.",
    422: "Something of what is asked cannot be used.",
    503: "Busy, stopping, or the store cannot be written; ask again later.",
}


def document(*, with_keys: bool) -> bytes:
    """OpenAPI 3.1 as JSON; ``with_keys`` says that routes ask for an API key."""
    structs = [each for route in ROUTES for each in (route.request, route.answer) if isinstance(each, type)]
    _, schemas = msgspec.json.schema_components(
        [*structs, Failure], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, with_keys)
    components: dict[str, Any] = {"schemas": schemas}
    if with_keys:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    found = {
        "openapi": "3.1.0",
        "info": {"title": "samplew", "version": __version__},
        "paths": paths,
        "components": components,
    }
    return msgspec.json.encode(found)


def _operation(route: Route, with_keys: bool) -> dict[str, Any]:
    guarded = with_keys and not route.open
    faults = sorted({*route.faults, *((401,) if guarded else ())})
    found: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": {
            "200": {"description": "Done.", "content": _content(route.answer)},
            **{str(fault): {"description": _FAULTS[fault], "content": _content(Failure)} for fault in faults},
        },
    }
    if route.request is not None:
        found["requestBody"] = {"required": True, "content": _content(route.request)}
    if guarded:
        found["security"] = [{"key": []}]
    return found


def _content(kind: type | str) -> dict[str, Any]:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "string" if kind.startswith("text/") else "object"}}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
