"""What the API gateway says before the application is asked: identity, pace, plan, scope, media type."""

from datetime import timedelta

import pytest

from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Reply, Request
from tests.twin.conftest import Api, contact, invoice


def ask(twin: Twin, **headers: str) -> Reply:
    return twin.handle(Request("GET", "/v1/profile", (), headers)).reply


class TestIdentity:
    @pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong"])
    def test_without_a_valid_key_it_is_401(self, twin: Twin, header: str | None) -> None:
        reply = ask(twin, **({} if header is None else {"authorization": header}))

        assert (reply.status, reply.body) == (401, b'{"message":"Unauthorized"}')
        assert reply.header("x-amzn-errortype") == "UnauthorizedException"

    def test_a_revoked_key_is_401(self, twin: Twin, api: Api) -> None:
        twin.revoke(twin.connection_of(api.key).id)

        assert api.get("profile").status == 401

    def test_a_key_lives_for_two_years_and_longer_when_renewed(self, twin: Twin, api: Api) -> None:
        twin.advance(timedelta(days=730) - timedelta(milliseconds=1))
        before = api.get("profile").status
        twin.advance(timedelta(milliseconds=1))
        after = api.get("profile").status
        twin.renew_api_key(twin.connection_of(api.key).id)

        assert [before, after, api.get("profile").status] == [200, 401, 200]

    def test_a_key_may_live_for_good(self, twin: Twin, company: Organization) -> None:
        twin.quirks.api_key_days = 0
        api = Api(twin, twin.create_api_key(company.id))
        twin.advance(timedelta(days=9999))

        assert api.get("profile").status == 200

    def test_an_unknown_route_without_a_key_is_401_too(self, twin: Twin) -> None:
        assert twin.handle(Request("GET", "/v1/nothing")).reply.status == 401

    def test_the_403_of_an_unknown_route_repeats_the_token(self, api: Api, twin: Twin) -> None:
        twin.quirks.unknown_route_status = 403

        reply = api.get("nothing")

        problem = "not a valid key=value pair (missing equal-sign) in Authorization header"
        assert reply.status == 403
        assert reply.json() == {"message": f"'{api.key}' {problem}: 'Bearer {api.key}'."}


def test_every_answer_carries_the_gateway_s_ids(api: Api) -> None:
    for reply in (api.get("profile"), api.get("nothing"), api.post("contacts", {})):
        assert reply.header("x-amzn-requestid")
        assert reply.header("x-amz-apigw-id")


def test_what_the_gateway_refuses_itself_carries_no_trace(api: Api, twin: Twin) -> None:
    assert (api.get("profile").header("x-amzn-trace-id") or "").startswith("Root=1-")
    assert ask(twin).header("x-amzn-trace-id") is None


class TestPace:
    @pytest.fixture(autouse=True)
    def limited(self, twin: Twin) -> None:
        twin.rate_limit(True)

    def statuses(self, api: Api, calls: int) -> list[int]:
        return [api.get("profile").status for _ in range(calls)]

    def test_the_bucket_holds_two_calls(self, api: Api) -> None:
        assert self.statuses(api, 4) == [200, 200, 429, 429]

    def test_it_refills_one_call_each_half_second(self, api: Api, twin: Twin) -> None:
        self.statuses(api, 2)

        twin.advance(0.499)
        early = self.statuses(api, 1)
        twin.advance(0.001)

        assert early + self.statuses(api, 2) == [429, 200, 429]

    def test_it_never_holds_more_than_two(self, api: Api, twin: Twin) -> None:
        twin.advance(timedelta(hours=1))

        assert self.statuses(api, 3) == [200, 200, 429]

    def test_the_body_is_the_gateway_s_and_there_is_no_retry_after(self, api: Api) -> None:
        self.statuses(api, 2)

        reply = api.get("profile")

        assert reply.body == b'{"message":"Rate limit exceeded"}'
        assert reply.header("retry-after") is None

    def test_a_retry_after_is_a_quirk_away(self, api: Api, twin: Twin) -> None:
        twin.quirks.retry_after_header = True
        self.statuses(api, 2)

        assert api.get("profile").header("retry-after") == "1"

    def test_what_was_throttled_was_not_done(self, api: Api, company: Organization) -> None:
        for _ in range(4):
            api.post("contacts", contact())

        assert len(company.contacts) == 2

    def test_each_connection_has_a_bucket_of_its_own(
        self, api: Api, twin: Twin, company: Organization
    ) -> None:
        self.statuses(api, 3)

        assert self.statuses(Api(twin, twin.create_api_key(company.id)), 1) == [200]

    def test_it_may_leave_disguised_as_a_500(self, api: Api, twin: Twin) -> None:
        twin.quirks.disguised_rate_limit = True

        assert self.statuses(api, 3) == [200, 200, 500]

    def test_it_can_be_switched_off(self, api: Api, twin: Twin) -> None:
        twin.rate_limit(False)

        assert self.statuses(api, 10) == [200] * 10

    def test_the_ledger_measures_the_pace_itself(self, api: Api, twin: Twin) -> None:
        for _ in range(3):
            api.get("profile")
            twin.advance(0.4)

        assert twin.ledger.most_in(timedelta(seconds=1)) == 3
        assert twin.ledger.most_in(timedelta(seconds=0.5)) == 2


@pytest.mark.parametrize(
    ("status", "message", "type"),
    [
        (429, "Rate limit exceeded", "LimitExceededException"),
        (500, "Internal server error or rate limit exceeded", "InternalServerErrorException"),
        (503, None, "ServiceUnavailableException"),
        (504, "Endpoint request timed out", "InternalServerErrorException"),
    ],
)
def test_the_gateway_s_own_failures_have_its_body_and_headers(
    api: Api, twin: Twin, status: int, message: str | None, type: str
) -> None:
    twin.fault("status", status=status)

    reply = api.get("profile")

    assert (reply.status, reply.json()) == (status, {"message": message})
    assert reply.header("x-amzn-errortype") == type
    assert reply.header("x-amzn-requestid")
    assert reply.header("x-amz-apigw-id")


def test_a_lapsed_plan_is_402_for_every_call(api: Api, twin: Twin, company: Organization) -> None:
    twin.set_lapsed(company.id)
    lapsed = api.get("profile").status
    twin.set_lapsed(company.id, False)

    assert (lapsed, api.get("profile").status) == (402, 200)


class TestScopes:
    def key(self, twin: Twin, company: Organization, *permissions: str) -> Api:
        return Api(twin, twin.create_api_key(company.id, permissions=permissions))

    def test_a_missing_one_is_403(self, twin: Twin, company: Organization) -> None:
        api = self.key(twin, company, "contacts.read")

        assert (api.get("contacts").status, api.post("contacts", contact()).status) == (200, 403)

    def test_it_is_asked_before_the_resource(self, twin: Twin, company: Organization) -> None:
        assert self.key(twin, company).get("invoices/unknown").status == 403

    def test_countries_and_payment_conditions_need_none(self, twin: Twin, company: Organization) -> None:
        api = self.key(twin, company)

        assert [
            api.get(path).status for path in ("countries", "payment-conditions", "posting-categories")
        ] == [200] * 3

    def test_any_sales_scope_opens_the_print_layouts(self, twin: Twin, company: Organization) -> None:
        statuses = [
            self.key(twin, company, scope).get("print-layouts").status
            for scope in ("quotations.read", "profile.read")
        ]

        assert statuses == [200, 403]


class TestMediaType:
    @pytest.mark.parametrize("type", ["", "text/plain", "application/x-www-form-urlencoded"])
    def test_a_body_of_another_type_is_415(self, api: Api, type: str) -> None:
        assert api.call("POST", "contacts", contact(), headers={"content-type": type}).status == 415

    def test_a_charset_beside_it_is_fine(self, api: Api) -> None:
        headers = {"content-type": "application/json; charset=utf-8"}

        assert api.call("POST", "contacts", contact(), headers=headers).status == 200


class TestErrorShapes:
    def test_the_regular_one_has_these_members_in_this_order(self, api: Api) -> None:
        body = api.post("invoices", invoice(voucherDate=None)).json()

        assert list(body) == [
            "timestamp",
            "status",
            "error",
            "path",
            "traceId",
            "requestId",
            "message",
            "details",
        ]
        assert (body["status"], body["error"], body["path"]) == (406, "Not Acceptable", "/v1/invoices")
        assert body["timestamp"] == "2026-03-02T09:14:05.317+01:00"
        assert body["details"] == [
            {"violation": "NOTNULL", "field": "voucherDate", "message": "darf nicht leer sein"}
        ]

    def test_its_trace_id_is_the_end_of_the_gateway_s_request_id(self, api: Api) -> None:
        reply = api.post("invoices", invoice(voucherDate=None))

        assert (reply.header("x-amzn-requestid") or "").endswith(reply.json()["traceId"])

    def test_the_legacy_one_lists_issues(self, api: Api) -> None:
        body = api.post("contacts", contact(version=None)).json()

        assert list(body) == ["requestId", "IssueList"]
        assert body["IssueList"] == [
            {
                "i18nKey": "missing_entity",
                "source": "version",
                "type": "validation_failure",
                "additionalData": None,
                "args": None,
            }
        ]

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[1,]", b'{"a":NaN}', b"[" * 100_000, b'"\\ud800"', b"\xff"]
    )
    def test_a_body_that_is_no_json_is_400(self, api: Api, body: bytes) -> None:
        assert api.post("invoices", body).status == 400

    @pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7", b"true"])
    def test_a_body_that_is_no_object_is_406(self, api: Api, body: bytes) -> None:
        assert api.post("invoices", body).status == 406
