"""Events and callbacks: who may subscribe, what is sent, how it is signed, and how long it is tried."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.lexoffice.courier import Courier, new_client
from sandbox.lexoffice.events.types import EVENT_TYPES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Request
from tests.twin.conftest import Api, contact, details, fixture, invoice, shape

HOOK = "https://hooks.example.org/lexware"


def subscribe(api: Api, type: str = "contact.created", url: str = HOOK) -> str:
    return api.create("event-subscriptions", {"eventType": type, "callbackUrl": url})


class TestSubscriptions:
    def test_there_are_42_types(self) -> None:
        assert len(EVENT_TYPES) == len(set(EVENT_TYPES)) == 42

    def test_the_sample_is_accepted_and_answered_with_its_members(self, api: Api) -> None:
        reply = api.post("event-subscriptions", fixture("event-subscription.create"))
        id = reply.json()["id"]

        assert (reply.status, reply.json()["version"]) == (201, 0)
        assert (reply.header("location") or "").endswith(f"/v1/event-subscriptions/{id}")
        assert shape(api.read(f"event-subscriptions/{id}")) == shape(fixture("event-subscription.response"))
        assert api.read(f"event-subscriptions/{id}")["subscriptionId"] == id

    def test_the_list_has_no_pages(self, api: Api) -> None:
        id = subscribe(api)

        answer = api.read("event-subscriptions")

        assert list(answer) == ["content"]
        assert [row["subscriptionId"] for row in answer["content"]] == [id]

    def test_the_same_type_and_address_twice_is_409(self, api: Api) -> None:
        subscribe(api)

        assert (
            api.post("event-subscriptions", {"eventType": "contact.created", "callbackUrl": HOOK}).status
            == 409
        )

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"eventType": None}, "eventType"),
            ({"eventType": "CONTACT.CREATED"}, "eventType"),
            ({"eventType": "contact.status.changed"}, "eventType"),
            ({"callbackUrl": None}, "callbackUrl"),
            ({"callbackUrl": "http://hooks.example.org"}, "callbackUrl"),
            ({"callbackUrl": "ftp://hooks.example.org"}, "callbackUrl"),
            ({"callbackUrl": "https://"}, "callbackUrl"),
        ],
    )
    def test_what_does_not_fit_is_406(self, api: Api, change: dict[str, Any], field: str) -> None:
        body = {"eventType": "contact.created", "callbackUrl": HOOK, **change}

        reply = api.post("event-subscriptions", body)

        assert (reply.status, [name for _, name in details(reply)]) == (406, [field])

    def test_an_address_that_answers_no_head_is_406(self, api: Api, twin: Twin) -> None:
        body = json.dumps({"eventType": "contact.created", "callbackUrl": HOOK}).encode()
        headers = {"authorization": f"Bearer {api.key}", "content-type": "application/json"}
        request = Request("POST", "/v1/event-subscriptions", (), headers, body, reachable=False)

        assert twin.handle(request).reply.status == 406

    def test_a_deleted_one_is_gone(self, api: Api) -> None:
        id = subscribe(api)

        assert [api.delete(f"event-subscriptions/{id}").status for _ in range(2)] == [204, 404]

    def test_another_connection_does_not_see_it(self, api: Api, twin: Twin, company: Organization) -> None:
        id = subscribe(api)
        other = Api(twin, twin.create_api_key(company.id))

        assert other.read("event-subscriptions") == {"content": []}
        assert other.get(f"event-subscriptions/{id}").status == 404

    def test_it_ends_with_its_connection(self, api: Api, twin: Twin, company: Organization) -> None:
        subscribe(api)

        twin.revoke(twin.connection_of(api.key).id)

        assert company.subscriptions == {}


class TestCallback:
    def test_it_is_compact_json_with_the_sample_s_members(self, api: Api, twin: Twin) -> None:
        subscribe(api)
        id = api.create("contacts", contact())
        twin.catch_up()

        [posting] = twin.collect_postings()

        body = json.loads(posting.body)
        assert shape(body) == shape(fixture("webhook-callback.response"))
        assert (body["eventType"], body["resourceId"]) == ("contact.created", id)
        assert b" " not in posting.body
        assert posting.url == HOOK

    def test_it_is_signed_with_the_key_that_is_published(self, api: Api, twin: Twin) -> None:
        subscribe(api)
        api.create("contacts", contact())
        twin.catch_up()
        [posting] = twin.collect_postings()

        published = twin.handle(Request("GET", "/webhookSignature/public/public_key.pub")).reply.body
        key = serialization.load_pem_public_key(published)
        assert isinstance(key, rsa.RSAPublicKey)
        signature = base64.b64decode(posting.headers["X-Lxo-Signature"])

        key.verify(signature, posting.body, padding.PKCS1v15(), hashes.SHA512())
        with pytest.raises(InvalidSignature):
            key.verify(signature, posting.body + b" ", padding.PKCS1v15(), hashes.SHA512())

    def test_each_subscription_to_the_event_gets_one(self, api: Api, twin: Twin) -> None:
        for type, url in (
            ("contact.created", HOOK),
            ("contact.created", f"{HOOK}/2"),
            ("contact.changed", HOOK),
        ):
            subscribe(api, type, url)
        api.create("contacts", contact())
        twin.catch_up()

        assert sorted(posting.url for posting in twin.collect_postings()) == [HOOK, f"{HOOK}/2"]

    def test_what_happens_at_one_instant_is_told_in_its_order(
        self, api: Api, twin: Twin, company: Organization
    ) -> None:
        subscribe(api)
        ids = [str(number) for number in range(20)]
        for id in ids:
            twin.emit(company.id, "contact.created", id)
        twin.catch_up()

        assert [json.loads(posting.body)["resourceId"] for posting in twin.collect_postings()] == ids

    def test_other_companies_are_not_told(self, api: Api, twin: Twin) -> None:
        subscribe(api)
        other = Api(twin, twin.create_api_key(twin.create_organization("Fremd GmbH").id))
        other.create("contacts", contact())
        twin.catch_up()

        assert twin.collect_postings() == []

    def test_a_withdrawn_connection_is_told_before_its_subscriptions_end(self, api: Api, twin: Twin) -> None:
        subscribe(api, "token.revoked")
        connection = api.read("profile")["connectionId"]
        twin.revoke(connection)
        twin.catch_up()

        [posting] = twin.collect_postings()
        assert json.loads(posting.body)["resourceId"] == connection


class TestRetries:
    @pytest.fixture
    def posted(self, api: Api, twin: Twin) -> Callable[[], list[str]]:
        """A round of the courier: the ids of what it would carry."""
        subscribe(api)
        api.create("contacts", contact())

        def round() -> list[str]:
            twin.catch_up()
            return [posting.delivery_id for posting in twin.collect_postings()]

        return round

    def waits(self, twin: Twin, posted: Callable[[], list[str]], answer: Any) -> list[int]:
        """The seconds between one try and the next, until it is given up."""
        [id] = posted()
        waits = []
        while True:
            twin.settle_posting(id, answer)
            if not twin.world.tasks:
                return waits
            wait = twin.world.tasks[0].at - twin.clock.now()
            waits.append(int(wait.total_seconds()))
            twin.advance(wait)
            assert posted() == [id]

    @pytest.mark.parametrize("answer", [200, 201, 202, 204])
    def test_a_success_is_the_end(self, twin: Twin, posted: Callable[[], list[str]], answer: int) -> None:
        assert self.waits(twin, posted, answer) == []
        assert twin.world.deliveries == {}

    @pytest.mark.parametrize("answer", [401, 403, 429, 500, 503, "unreachable"])
    def test_the_plan_is_five_quick_ones_a_pause_and_twenty_slow_ones(
        self, twin: Twin, posted: Callable[[], list[str]], company: Organization, answer: Any
    ) -> None:
        assert self.waits(twin, posted, answer) == [10, 20, 40, 80, 160, 1800] + [7200] * 19
        assert len(company.subscriptions) == 1

    @pytest.mark.parametrize("answer", [404, "dns"])
    def test_who_is_not_found_in_the_end_loses_the_subscription(
        self, twin: Twin, posted: Callable[[], list[str]], company: Organization, answer: Any
    ) -> None:
        assert len(self.waits(twin, posted, answer)) == 25
        assert company.subscriptions == {}

    def test_410_loses_it_at_once(
        self, twin: Twin, posted: Callable[[], list[str]], company: Organization
    ) -> None:
        assert self.waits(twin, posted, 410) == []
        assert company.subscriptions == {}

    def test_a_subscription_that_is_deleted_is_tried_no_more(
        self, api: Api, twin: Twin, posted: Callable[[], list[str]], company: Organization
    ) -> None:
        [id] = posted()
        twin.settle_posting(id, 500)
        api.delete(f"event-subscriptions/{next(iter(company.subscriptions))}")
        twin.advance(10)

        assert posted() == []

    @pytest.mark.parametrize("answer", [400, 405, 409, 422, "redirects", 302])
    def test_other_answers_are_not_tried_again(
        self, twin: Twin, posted: Callable[[], list[str]], company: Organization, answer: Any
    ) -> None:
        assert self.waits(twin, posted, answer) == []
        assert len(company.subscriptions) == 1


def test_a_callback_in_a_courier_s_hands_outlives_a_restart(api: Api, twin: Twin) -> None:
    subscribe(api)
    api.create("contacts", contact())
    twin.catch_up()
    [carried] = twin.collect_postings()

    twin.restore(twin.snapshot())
    twin.catch_up()

    assert [posting.body for posting in twin.collect_postings()] == [carried.body]


class TestMishaps:
    @pytest.fixture(autouse=True)
    def subscribed(self, api: Api) -> None:
        subscribe(api)

    def bodies(self, twin: Twin) -> list[str]:
        twin.catch_up()
        return [json.loads(posting.body)["resourceId"] for posting in twin.collect_postings()]

    def test_one_may_be_lost(self, api: Api, twin: Twin) -> None:
        twin.mishaps.lose = 1
        ids = [api.create("contacts", contact()) for _ in range(2)]

        assert self.bodies(twin) == ids[1:]

    def test_one_may_come_twice(self, api: Api, twin: Twin) -> None:
        twin.mishaps.double = 1
        id = api.create("contacts", contact())

        assert self.bodies(twin) == [id, id]

    def test_they_may_come_late(self, api: Api, twin: Twin) -> None:
        twin.mishaps.late_s = 60
        id = api.create("contacts", contact())
        at_once = self.bodies(twin)
        twin.advance(60)

        assert (at_once, self.bodies(twin)) == ([], [id])

    def test_the_last_may_come_first(self, api: Api, twin: Twin) -> None:
        twin.mishaps.reversed = True
        ids = []
        for _ in range(3):
            ids.append(api.create("contacts", contact()))
            twin.advance(timedelta(milliseconds=1))

        assert self.bodies(twin) == ids[::-1]


@pytest.mark.parametrize(
    ("act", "events"),
    [
        (lambda twin, id: twin.finalize(id), ["invoice.status.changed"]),
        (lambda twin, id: twin.delete_document(id), ["invoice.deleted"]),
        (
            lambda twin, id: (twin.finalize(id), twin.void(id)),
            ["invoice.status.changed", "invoice.status.changed", "payment.changed"],
        ),
        (
            lambda twin, id: (twin.finalize(id), twin.back_to_draft(id)),
            ["invoice.status.changed", "invoice.status.changed", "payment.changed"],
        ),
        (
            lambda twin, id: (twin.finalize(id), twin.mark_paid(id, 1)),
            ["invoice.status.changed", "payment.changed"],
        ),
        (
            lambda twin, id: (twin.finalize(id), twin.mark_paid(id)),
            ["invoice.status.changed", "payment.changed", "invoice.status.changed"],
        ),
        (
            lambda twin, id: (twin.finalize(id), twin.pay_with_discount(id, 2)),
            ["invoice.status.changed", "payment.changed", "payment.changed", "invoice.status.changed"],
        ),
        (lambda twin, id: twin.edit_document(id, {"remark": "x"}), ["invoice.changed"]),
        (lambda twin, id: twin.archive(id), ["invoice.changed"]),
    ],
)
def test_what_the_user_does_fires_its_events(api: Api, twin: Twin, act: Any, events: list[str]) -> None:
    id = api.create("invoices", invoice())
    twin.events.clear()

    act(twin, id)

    assert [event.type for event in twin.events] == events


@pytest.mark.anyio
class TestCourier:
    async def test_carries_what_is_due_and_tells_its_fate(self, api: Api, twin: Twin) -> None:
        received: list[httpx2.Request] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            received.append(request)
            return httpx2.Response(500 if len(received) == 1 else 204)

        courier = Courier(twin, httpx2.AsyncClient(transport=httpx2.MockTransport(answer)))
        subscribe(api)
        api.create("contacts", contact())

        rounds = [await courier.deliver(), await courier.deliver()]
        twin.advance(10)
        rounds.append(await courier.deliver())
        await courier.stop()

        assert rounds == [1, 0, 1]
        assert twin.world.deliveries == {}
        assert received[0].content == received[1].content
        assert received[0].headers["x-lxo-signature"] == received[1].headers["x-lxo-signature"]

    @pytest.mark.parametrize(
        ("error", "kept"),
        [
            (httpx2.ReadTimeout("late"), True),
            (httpx2.ConnectError("refused"), True),
            (httpx2.TooManyRedirects("3"), False),
        ],
    )
    async def test_a_failing_line_is_tried_again_and_a_ring_of_redirects_is_not(
        self, api: Api, twin: Twin, error: Exception, kept: bool
    ) -> None:
        def answer(request: httpx2.Request) -> httpx2.Response:
            raise error

        courier = Courier(twin, httpx2.AsyncClient(transport=httpx2.MockTransport(answer)))
        subscribe(api)
        api.create("contacts", contact())

        await courier.deliver()
        await courier.stop()

        assert bool(twin.world.deliveries) == kept

    @pytest.mark.parametrize(("turns", "arrives"), [(3, True), (4, False)])
    async def test_follows_three_redirects_and_not_four(
        self, api: Api, twin: Twin, turns: int, arrives: bool
    ) -> None:
        def answer(request: httpx2.Request) -> httpx2.Response:
            turn = int(request.url.params.get("turn", "0"))
            if turn < turns:
                return httpx2.Response(307, headers={"location": f"{HOOK}?turn={turn + 1}"})
            received.append(request.content)
            return httpx2.Response(204)

        received: list[bytes] = []
        client = new_client()
        async with httpx2.AsyncClient(
            transport=httpx2.MockTransport(answer),
            follow_redirects=client.follow_redirects,
            max_redirects=client.max_redirects,
        ) as following:
            subscribe(api)
            api.create("contacts", contact())
            await Courier(twin, following).deliver()
        await client.aclose()

        assert (len(received), twin.world.deliveries) == (int(arrives), {})

    async def test_looks_by_head_whether_an_address_answers(self, twin: Twin) -> None:
        methods = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            methods.append(request.method)
            if request.url.host == "down.example":
                raise httpx2.ConnectError("refused")
            return httpx2.Response(405)

        courier = Courier(twin, httpx2.AsyncClient(transport=httpx2.MockTransport(answer)))

        assert [await courier.reachable(url) for url in (HOOK, "https://down.example")] == [True, False]
        assert methods == ["HEAD", "HEAD"]
        await courier.stop()

    async def test_its_client_follows_three_redirects_and_waits_five_seconds(self) -> None:
        async with new_client() as client:
            assert (client.follow_redirects, client.max_redirects, client.timeout.read) == (True, 3, 5.0)
