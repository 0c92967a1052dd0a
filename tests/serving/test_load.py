"""More than one server takes on: what is too much is refused at once, and the rest is answered."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from samplew_gbm.serving.messages import RecommendRequest
from samplew_gbm.serving.metrics import Metrics
from samplew_gbm.serving.refusals import RefusalError
from samplew_gbm.serving.service import WAITING_PER_THREAD, Service
from samplew_gbm.serving.state import Models
from tests.serving.conftest import SmallShop

REQUEST = RecommendRequest(users=["ann"], k=3)


def service(shop: SmallShop, seconds: float) -> Service:
    return Service(Models(lambda: shop.model), None, Metrics(), b"{}", n_threads=1, seconds=seconds)


@pytest.fixture
def patient(small_shop: SmallShop) -> Iterator[Service]:
    found = service(small_shop, 60.0)
    yield found
    found.close()


def test_requests_beyond_those_that_may_wait_are_refused(patient: Service) -> None:
    room = 1 + WAITING_PER_THREAD

    async def ask(n: int) -> list[object]:
        asked = [patient.recommend(REQUEST) for _ in range(n)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    found = asyncio.run(ask(room + 20))
    refused = [each for each in found if isinstance(each, RefusalError)]
    assert [(each.status, each.code, each.headers["retry-after"]) for each in refused] == [
        (503, "busy", "1")
    ] * 20
    answered = {each for each in found if isinstance(each, bytes)}
    assert len(answered) == 1
    assert asyncio.run(ask(1)) == list(answered)


def test_an_answer_that_takes_too_long_is_not_waited_for(small_shop: SmallShop) -> None:
    hasty = service(small_shop, 1e-9)
    much = RecommendRequest(users=list(range(1000)), k=80)
    with pytest.raises(RefusalError, match="no answer within") as refused:
        asyncio.run(hasty.recommend(much))
    assert refused.value.status == 503
    hasty.close()


def test_readiness_ends_where_no_more_is_taken(patient: Service) -> None:
    async def ask() -> RefusalError:
        waiting = [asyncio.ensure_future(patient.recommend(REQUEST)) for _ in range(1 + WAITING_PER_THREAD)]
        await asyncio.sleep(0)
        with pytest.raises(RefusalError) as refused:
            await patient.ready()
        for body in await asyncio.gather(*waiting):
            assert json.loads(body)["model_version"] == 1
        return refused.value

    assert asyncio.run(ask()).status == 503
    assert asyncio.run(patient.ready()).status == "ready"
