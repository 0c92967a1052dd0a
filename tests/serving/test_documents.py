"""What the server says of itself: OpenAPI, health, metrics."""

import json
import re

import pytest
from openapi_spec_validator import validate

from samplew_gbm.serving.openapi import document
from samplew_gbm.serving.routes import ROUTES
from tests.readmes import ROOT
from tests.serving.servers import Client


@pytest.mark.parametrize("with_keys", [False, True])
def test_openapi_is_valid_and_lists_every_route(with_keys: bool) -> None:
    found = json.loads(document(with_keys=with_keys))
    validate(found)
    listed = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
    assert listed == {(route.method, route.path) for route in ROUTES}
    for route in ROUTES:
        operation = found["paths"][route.path][route.method.lower()]
        assert ("requestBody" in operation) == (route.request is not None)
        assert ("401" in operation["responses"]) == (with_keys and not route.open)


def test_every_route_that_is_listed_answers(client: Client) -> None:
    listed = client.get("/openapi.json").body["paths"]
    for path, methods in listed.items():
        for method in methods:
            answer = client.ask(method.upper(), path, {} if method == "post" else None)
            assert answer.status in (200, 422), (method, path, answer)


def test_schemas_hold_the_limits(client: Client) -> None:
    schemas = client.get("/openapi.json").body["components"]["schemas"]
    assert schemas["RecommendRequest"]["properties"]["users"]["maxItems"] == 1000
    assert schemas["RecommendRequest"]["additionalProperties"] is False


def test_the_requests_of_the_readme_are_answered(client: Client) -> None:
    text = (ROOT / "samplew_gbm/serving/README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\$ curl localhost:8000(\S+) --json '(.*)'$", text, re.MULTILINE)
    assert len(shown) == text.count("--json") > 0
    for path, body in shown:
        answer = client.post(path, body.encode())
        assert answer.status == 200, (path, answer.body)
    listed = set(re.findall(r"`(?:GET|POST) (/[\w./]*)`", text))
    assert listed == {route.path for route in ROUTES}


def test_health(client: Client) -> None:
    assert client.get("/health/live").body == {"status": "alive"}
    assert client.get("/health/ready").body == {"status": "ready"}


def test_metrics_count_what_happened(client: Client) -> None:
    def value(name: str) -> float:
        lines = client.get("/metrics").body.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)

    counted = {
        'samplew_requests_total{route="/v1/recommend",status="200"}': 1,
        'samplew_requests_total{route="/v1/recommend",status="422"}': 1,
        'samplew_requests_total{route="unknown",status="404"}': 2,
        'samplew_request_seconds_count{route="/v1/recommend"}': 2,
        'samplew_feedback_events_total{outcome="accepted"}': 1,
        'samplew_feedback_events_total{outcome="repeated"}': 1,
    }
    before = {name: value(name) for name in counted}
    client.recommend("ann")
    client.post("/v1/recommend", {})
    client.get("/nothing/1")
    client.get("/nothing/2")
    client.feedback(("counted", "counted", "x"), ("counted", "counted", "x"))
    assert {name: value(name) - before[name] for name in counted} == counted
    assert value("samplew_model_version") >= 1
