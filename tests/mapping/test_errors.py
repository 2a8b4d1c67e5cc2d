"""What the vendor's refusals become. Bodies are recorded, documented, or odd on purpose."""

import json
from typing import Any

import pytest

from connectors.base.errors import (
    KontorError,
    OutcomeUnknown,
    PermissionMissing,
    PlanTooSmall,
    ReconnectNeeded,
    RecordNotFound,
    StaleVersion,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamRefused,
)
from connectors.base.wire import Answer
from connectors.lexoffice.client import readable
from connectors.lexoffice.errors import refusal, translate
from connectors.lexoffice.paths import ARTICLE_PATHS, CONTACT_PATHS, DOCUMENT_PATHS, unified_path
from tests.mapping.builders import sample

UNAUTHORIZED = b'{"message":"Unauthorized"}\n'
DISGUISED = b'{"message":"Internal server error or rate limit exceeded"}'
TIMED_OUT = b'{"message":"Endpoint request timed out"}'


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        content=content,
    )


def issue(key: str, source: str | None) -> dict[str, Any]:
    return {"i18nKey": key, "source": source, "type": "validation_failure", "additionalData": None}


def legacy(*issues: dict[str, Any]) -> dict[str, Any]:
    return {"requestId": "d6016200-1eaa-4231-8103-16dd60587a07", "IssueList": list(issues)}


def regular(*details: dict[str, str], message: str = "Validation failed for request.") -> dict[str, Any]:
    return {
        "timestamp": "2026-03-02T09:13:59.902+01:00",
        "status": 406,
        "error": "Not Acceptable",
        "path": "/v1/invoices",
        "traceId": "90d78d0777be",
        "message": message,
        **({"details": list(details)} if details else {}),
    }


class TestKinds:
    @pytest.mark.parametrize(
        ("status", "body", "reading", "writing"),
        [
            (400, regular(), UpstreamRefused, UpstreamRefused),
            (401, UNAUTHORIZED, ReconnectNeeded, ReconnectNeeded),
            (402, b"", PlanTooSmall, PlanTooSmall),
            (403, {"message": "access_denied"}, PermissionMissing, PermissionMissing),
            (404, b"", RecordNotFound, RecordNotFound),
            (405, b"", UpstreamRefused, UpstreamRefused),
            (406, regular(), UpstreamRefused, UpstreamRefused),
            (408, b"", UpstreamBroken, OutcomeUnknown),
            (409, regular(message="Duplicate"), UpstreamRefused, UpstreamRefused),
            (415, b"", UpstreamRefused, UpstreamRefused),
            (429, {"message": "Rate limit exceeded"}, UpstreamBusy, UpstreamBusy),
            (500, DISGUISED, UpstreamBroken, OutcomeUnknown),
            (501, b"", UpstreamBroken, OutcomeUnknown),
            (502, b"<html>Bad Gateway</html>", UpstreamBroken, OutcomeUnknown),
            (503, {"message": None}, UpstreamBroken, OutcomeUnknown),
            (504, TIMED_OUT, UpstreamBroken, OutcomeUnknown),
            (302, b"", UpstreamBroken, OutcomeUnknown),
            (418, b"", UpstreamRefused, UpstreamRefused),
        ],
    )
    def test_a_status_on_a_read_and_on_a_write(
        self, status: int, body: Any, reading: type[KontorError], writing: type[KontorError]
    ) -> None:
        assert type(translate(answer(status, body), {})) is reading
        assert type(translate(answer(status, body), {}, writes=True)) is writing

    def test_success_is_no_refusal(self) -> None:
        assert refusal(answer(204)) is None
        assert isinstance(refusal(answer(404)), RecordNotFound)

    @pytest.mark.parametrize("status", [401, 402, 403, 429])
    def test_what_proves_that_nothing_was_done_says_so(self, status: int) -> None:
        assert translate(answer(status), {}, writes=True).sent_text == "no"


class TestStaleVersion:
    @pytest.mark.parametrize(
        ("status", "body", "stale"),
        [
            (406, legacy(issue("invalid_value", "version")), True),  # contacts, measured 2026-07
            (409, regular(message="Conflict"), True),  # articles, measured 2026-08
            (409, b"", True),
            (406, regular({"violation": "INVALID", "field": "version", "message": "veraltet"}), True),
            (406, legacy(issue("missing_entity", "version")), False),  # not sent at all: our mistake
            (406, regular({"violation": "NOTNULL", "field": "version", "message": "fehlt"}), False),
            (406, legacy(issue("invalid_value", "company.name")), False),
        ],
    )
    def test_a_replacement_refused_for_its_version(self, status: int, body: Any, stale: bool) -> None:
        error = translate(answer(status, body), {}, writes=True, replaces=True)

        assert isinstance(error, StaleVersion) is stale

    def test_a_conflict_of_a_creation_is_no_version(self) -> None:
        assert not isinstance(translate(answer(409), {}, writes=True), StaleVersion)


class TestFields:
    def test_the_regular_shape(self) -> None:
        body = json.loads(sample("error-regular.response"))
        error = translate(answer(406, body), DOCUMENT_PATHS)

        (found,) = error.errors
        assert (found.field, found.code, found.message) == (
            "lines[0].taxRate",
            "required",
            "darf nicht leer sein",
        )
        assert error.upstream is not None
        assert (error.upstream.status, error.upstream.code, error.upstream.trace_id) == (
            406,
            "NOTNULL",
            "90d78d0777be",
        )

    def test_the_legacy_shape(self) -> None:
        error = translate(answer(406, sample("error-legacy.response")), CONTACT_PATHS)

        (found,) = error.errors
        assert (found.field, found.code) == ("company.name", "required")
        assert error.upstream is not None
        assert error.upstream.trace_id == "d6016200-1eaa-4231-8103-16dd60587a07"

    @pytest.mark.parametrize(
        ("source", "field"),
        [
            ("company.vatRegistrationId", "company.vatId"),
            ("company.taxNumber", "company.taxNumber"),
            ("company and person", "company"),
            ("company or person", "company"),
            ("addresses.billing.size", "billingAddresses"),
            ("addresses.billing[0].zip", "billingAddresses[0].postalCode"),
            ("emailAddresses.business[0]", "emails.business[0]"),
            ("emailAddresses[0].emailAddress", "emails"),
            ("countryCode", "billingAddresses[0].countryCode"),
            ("xRechnung.vendorNumberAtCustomer", "electronicInvoicing.supplierNumber"),
            ("company.contactPersons[0].lastName", "company.contactPersons[0].lastName"),
        ],
    )
    def test_fields_of_contacts(self, source: str, field: str) -> None:
        error = translate(answer(406, legacy(issue("invalid_value", source))), CONTACT_PATHS)

        assert error.errors[0].field == field

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("lineItems[12].unitPrice.netAmount", "lines[12].unitPrice"),
            ("lineItems[0].id", "lines[0].itemId"),
            ("lineItems", "lines"),
            ("address.contactId", "buyer.customerId"),
            ("address.zip", "buyer.address.postalCode"),
            ("totalPrice.totalDiscountAbsolute", "discount.amount"),
            ("taxConditions.taxType", "taxTreatment"),
            ("shippingConditions.shippingDate", "servicePeriod.startsOn"),
            ("paymentConditions.paymentTermDuration", "paymentTerms.dueDays"),
            ("xRechnung.buyerReference", "buyerReference"),
            ("voucherDate", "issuedOn"),
            ("tomorrow[0].field", "tomorrow[0].field"),
        ],
    )
    def test_fields_of_documents(self, path: str, field: str) -> None:
        assert unified_path(path, DOCUMENT_PATHS) == field

    @pytest.mark.parametrize(
        ("violation", "path", "field", "code"),
        [
            ("NOTNULL", "price", "price", "required"),
            ("NOTEMPTY", "unitName", "unitName", "required"),
            ("VALIDGTIN", "gtin", "gtin", "invalid_gtin"),
            ("MATERIAL_NUMBER_ALREADY_EXISTS", "materialNumber", "number", "already_exists"),
            ("SOMETHING_NEW", "title", "name", "something_new"),
        ],
    )
    def test_fields_of_articles(self, violation: str, path: str, field: str, code: str) -> None:
        body = regular({"violation": violation, "field": path, "message": "nein"})
        found = translate(answer(406, body), ARTICLE_PATHS).errors[0]

        assert (found.field, found.code) == (field, code)

    def test_a_sentence_alone_names_its_field_where_it_is_known(self) -> None:
        text = "Referenced contact needs to have exactly one billing address, but 0 addresses were found."
        found = translate(answer(406, regular(message=text)), DOCUMENT_PATHS).errors[0]

        assert (found.field, found.code, found.message) == (
            "buyer.customerId",
            "needs_one_billing_address",
            text,
        )

    def test_a_filter_too_short_is_told_in_spite_of_its_odd_source(self) -> None:
        body = legacy(issue("bad_request_error", "size must be between 3 and 128"))
        found = translate(answer(400, body), CONTACT_PATHS).errors[0]

        assert found.code == "too_short"

    @pytest.mark.parametrize(
        ("message", "language"),
        [
            ("darf nicht leer sein", "de"),  # the regular shape in the documentation
            ("ungültiger Wert", "de"),
            ("muss größer als 0 sein", "de"),
            ("Erlaubt sind: 0, 7, 19", "de"),
            ("Value must be one of: [PRODUCT, SERVICE]", "en"),  # measured 2026-07-18
            ("must not be null", "en"),
        ],
    )
    def test_german_words_of_the_vendor_are_kept_and_marked(self, message: str, language: str) -> None:
        body = regular({"violation": "X", "field": "title", "message": message})
        found = translate(answer(406, body), DOCUMENT_PATHS).errors[0]

        assert (found.message, found.language) == (message, language)

    def test_our_own_words_for_a_complaint_without_a_sentence_are_english(self) -> None:
        error = translate(answer(406, legacy(issue("missing_entity", "voucherNumber"))), DOCUMENT_PATHS)

        assert error.errors[0].language == "en"


class TestOddBodies:
    @pytest.mark.parametrize(
        ("body", "messages"),
        [
            (b'"type is unknown"', ["type is unknown"]),
            (json.dumps(issue("missing_entity", "file")).encode(), ["Lexware Office says missing_entity."]),
            (b"", []),
            (b"null", []),
            (b"[1, 2]", []),
            (b"42", []),
            (b"<html><body>Bad Gateway</body></html>", []),
            (b"\xff\xfe", []),
            (b"[" * 100_000, []),
            (b'{"IssueList": "no list"}', []),
            (b'{"IssueList": [1, null]}', []),
            (b'{"details": {}, "message": 5}', []),
            (b'{"message": null}', []),
        ],
    )
    def test_any_body_is_read(self, body: bytes, messages: list[str]) -> None:
        assert [found.message for found in translate(answer(406, body), {}).errors] == messages

    def test_vendor_texts_are_bounded_and_printable(self) -> None:
        body = regular(
            {"violation": "X", "field": "title", "message": "a\x00\x1b[31m\n\u202eb" + "c" * 9_000}
        )
        found = translate(answer(406, body), DOCUMENT_PATHS).errors[0]

        assert found.message.startswith("a [31m bc")
        assert found.message.isprintable()
        assert len(found.message) <= 300

    def test_vendor_texts_stay_out_of_our_own_sentence(self) -> None:
        error = translate(answer(406, regular(message="darf nicht leer sein")), DOCUMENT_PATHS)

        assert error.detail == "Lexware Office refused the values (HTTP 406)."

    def test_a_thousand_complaints_are_cut(self) -> None:
        body = legacy(*[issue("invalid_value", "note")] * 1_000)

        assert len(translate(answer(406, body), CONTACT_PATHS).errors) == 50


class TestTrace:
    def test_the_gateways_own_name_of_the_call(self) -> None:
        error = translate(
            answer(
                401,
                UNAUTHORIZED,
                x_amzn_requestid="d8c183e7-c1b7-4fe4-8cf5-df70f504c3f9",
                x_amzn_errortype="UnauthorizedException",
            ),
            {},
        )

        assert error.upstream is not None
        assert error.upstream.trace_id == "d8c183e7-c1b7-4fe4-8cf5-df70f504c3f9"
        assert error.upstream.code == "UnauthorizedException"


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"retry_after": "7"}, 7.0),
            ({"retry_after": " 7 "}, 7.0),
            (
                {"retry_after": "Fri, 20 Nov 2026 10:00:30 GMT", "date": "Fri, 20 Nov 2026 10:00:00 GMT"},
                30.0,
            ),
            ({"retry_after": "Fri, 20 Nov 2026 09:00:00 GMT", "date": "Fri, 20 Nov 2026 10:00:00 GMT"}, 0.0),
            ({"retry_after": "Fri, 20 Nov 2026 10:00:30 GMT"}, None),
            ({"retry_after": "bald"}, None),
            ({"retry_after": "-5"}, None),
            ({"retry_after": "99999999999999999999"}, None),
        ],
    )
    def test_seconds_or_a_date(self, headers: dict[str, str], seconds: float | None) -> None:
        assert translate(answer(429, b"", **headers), {}).retry_after_s == seconds


class TestUnreadable:
    @pytest.mark.parametrize("failure", [ValueError("x"), ArithmeticError("x"), RecursionError("x")])
    def test_an_unreadable_success_is_broken_or_after_a_write_unknown(self, failure: Exception) -> None:
        def read(_: Answer) -> None:
            raise failure

        with pytest.raises(UpstreamBroken):
            readable(answer(200), read)
        with pytest.raises(OutcomeUnknown):
            readable(answer(201), read, writes=True)
