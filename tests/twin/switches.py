"""What each quirk switches: a look at the twin, what it shows by default, and what with the quirk changed."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import httpx2

from sandbox.lexoffice.app import create_app
from sandbox.lexoffice.clock import SeededIds, StandingClock
from sandbox.lexoffice.courier import Courier
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.settings import TwinSettings
from sandbox.lexoffice.state import Client
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import NOW, Api, article, contact, credit_note, fixture, invoice, line
from tests.twin.test_oauth import RETURN, Partner
from tests.twin.test_uploads import upload
from tests.twin.test_vouchers import item, sale, voucher

GERMAN_ADDRESS = {"street": "Netzstr. 1", "zip": "70173", "city": "Stuttgart", "countryCode": "DE"}
DUTCH_ADDRESS = {"street": "Kade 1", "zip": "1011", "city": "Amsterdam", "countryCode": "NL"}
UNKNOWN = "6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c"


class Stage:
    """A twin with one company under the quirks given; without a rate limit unless that is looked at."""

    def __init__(self, **quirks: Any) -> None:
        self.twin = Twin(StandingClock(NOW), SeededIds(1), Quirks(**{"rate_limit": False, **quirks}))
        self.company = self.twin.create_organization("Werkstatt Lindner e.K.", distance_sales="ORIGIN")
        self.api = Api(self.twin, self.twin.create_api_key(self.company.id))

    def partner(self) -> Partner:
        self.twin.register_client(
            Client(id="partner", secret="geheim:+ä", name="Warenwirtschaft", redirect_uris=[RETURN])
        )
        return Partner(self.twin, self.company)

    def customer(self, address: dict[str, str] = GERMAN_ADDRESS) -> str:
        return self.api.create("contacts", contact(addresses={"billing": [address]}))


class Switch(NamedTuple):
    other: Any
    """A value that is not the default."""
    look: Callable[[Stage], Any]
    by_default: Any
    switched: Any
    under: dict[str, Any] = {}
    """Quirks that have to be set to look at this one."""


def stale(path: str, body: Callable[..., Any]) -> Callable[[Stage], int]:
    return lambda stage: stage.api.put(f"{path}/{stage.api.create(path, body())}", body(version=99)).status


def posted(path: str, body: Callable[[], Any]) -> Callable[[Stage], int]:
    return lambda stage: stage.api.post(path, body()).status


def got(path: str, **query: str) -> Callable[[Stage], int]:
    return lambda stage: stage.api.get(path, **query).status


def rapidly(calls: int, wait_s: float = 0) -> Callable[[Stage], list[int]]:
    def look(stage: Stage) -> list[int]:
        statuses = []
        for _ in range(calls):
            statuses.append(stage.api.get("profile").status)
            stage.twin.advance(wait_s)
        return statuses

    return look


def two_connections_of_a_client(stage: Stage) -> list[int]:
    partner = stage.partner()
    apis = [partner.api(partner.connect()) for _ in range(2)]
    return [api.get("profile").status for api in apis for _ in range(2)]


def hammered_auth_server(stage: Stage) -> set[int]:
    partner = stage.partner()
    return {partner.refresh("x").status for _ in range(30)}


def without_scope(stage: Stage) -> str:
    key = stage.twin.create_api_key(stage.company.id, permissions=["contacts.read"])
    return next(iter(Api(stage.twin, key).get("profile").json()))


def with_lapsed_plan(stage: Stage) -> str:
    stage.twin.set_lapsed(stage.company.id)
    return next(iter(stage.api.get("profile").json()))


def total_tax(**changes: Any) -> Callable[[Stage], Decimal]:
    def look(stage: Stage) -> Decimal:
        id = stage.api.create("invoices", invoice(**changes))
        return stage.api.read(f"invoices/{id}")["totalPrice"]["totalTaxAmount"]

    return look


def unit_gross(stage: Stage) -> Decimal:
    id = stage.api.create("invoices", invoice(lineItems=[line(1, Decimal("13.40"))]))
    return stage.api.read(f"invoices/{id}")["lineItems"][0]["unitPrice"]["grossAmount"]


def seen_at_once(stage: Stage) -> list[int]:
    id = stage.api.create("contacts", contact())
    early = stage.api.get(f"contacts/{id}").status
    stage.twin.advance(2)
    return [early, stage.api.get(f"contacts/{id}").status]


def listed_at_once(stage: Stage) -> int:
    stage.api.create("invoices", invoice())
    return stage.api.get("voucherlist", voucherType="any", voucherStatus="any").json()["totalElements"]


def profile_of_an_invoice(stage: Stage) -> str:
    id = stage.api.create("invoices", invoice(), finalize="true")
    return stage.api.read(f"invoices/{id}")["electronicDocumentProfile"]


def profile_of_a_credit_note(stage: Stage) -> str:
    leitweg = {"buyerReference": "991-12345-67", "vendorNumberAtCustomer": "70123456"}
    authority = contact(addresses={"billing": [GERMAN_ADDRESS]}, xRechnung=leitweg)
    body = credit_note(address={"contactId": stage.api.create("contacts", authority)})
    id = stage.api.create("credit-notes", body, finalize="true")
    return stage.api.read(f"credit-notes/{id}")["electronicDocumentProfile"]


def key_after_two_years(stage: Stage) -> int:
    stage.twin.advance(731 * 24 * 3600)
    return stage.api.get("profile").status


def alive_after_a_refresh_token_was_used_twice(stage: Stage) -> int:
    partner = stage.partner()
    old = partner.connect()["refresh_token"]
    new = partner.refresh(old).json()
    partner.refresh(old)
    return partner.api(new).get("profile").status


def hinted_bill(stage: Stage) -> str:
    bill = stage.api.create("vouchers", sale())
    stage.api.post("transaction-assignment-hint", {"voucherId": bill, "externalReference": "order-1"})
    account = stage.api.create("finance/accounts", fixture("finance-account.create"))
    [body] = fixture("finance-transaction.create")
    own = {"financialAccountId": account, "externalReference": "order-1", "amount": 119}
    stage.api.post("finance/transactions", [{**body, **own}])
    return stage.api.read(f"vouchers/{bill}")["voucherStatus"]


def file_asked_for_as_json(stage: Stage) -> tuple[int, bool]:
    id = stage.api.create("invoices", invoice(), finalize="true")
    reply = stage.api.get(f"invoices/{id}/file", accept="application/json")
    return reply.status, reply.body.startswith(b"JVBERi0")


def construction_for(address: dict[str, str]) -> Callable[[Stage], int]:
    return lambda stage: (
        stage.api.post(
            "invoices",
            invoice(
                address={"contactId": stage.customer(address)},
                lineItems=[line(rate=0)],
                taxConditions={"taxType": "constructionService13b"},
            ),
        ).status
    )


def supply_without_vat_id(stage: Stage) -> int:
    body = invoice(
        address={"contactId": stage.customer(DUTCH_ADDRESS)},
        lineItems=[line(rate=0)],
        taxConditions={"taxType": "intraCommunitySupply"},
    )
    return stage.api.post("invoices", body).status


def photovoltaics() -> dict[str, Any]:
    return invoice(lineItems=[line(rate=0)], taxConditions={"taxType": "photovoltaicEquipment"})


def line_with_unknown_article() -> dict[str, Any]:
    return invoice(lineItems=[line(type="service", id=UNKNOWN)])


def purchase_from_a_vendor(stage: Stage) -> int:
    vendor = stage.api.create("contacts", contact(roles={"vendor": {}}))
    return stage.api.post("vouchers", voucher(useCollectiveContact=False, contactId=vendor)).status


def a_cent_off(stage: Stage) -> list[int]:
    tax_off = voucher(voucherItems=[item(tax=Decimal("19.01"))], totalTaxAmount=Decimal("19.01"))
    bodies = (tax_off, voucher(totalGrossAmount=Decimal("118.99")), voucher(totalTaxAmount=Decimal("19.02")))
    return [stage.api.post("vouchers", body).status for body in bodies]


def tax_free_contact() -> dict[str, Any]:
    return contact(company={"name": "Export", "allowTaxFreeInvoices": True})


def credit_for_an_order(stage: Stage) -> int:
    order = stage.api.create("order-confirmations", invoice(), finalize="true")
    return stage.api.post("credit-notes", credit_note(), precedingSalesVoucherId=order).status


def owed_beside_a_draft_credit(stage: Stage) -> list[Decimal]:
    owed = stage.api.create("invoices", invoice(), finalize="true")
    body = credit_note(lineItems=[line(1, 100)])
    draft = stage.api.create("credit-notes", body, precedingSalesVoucherId=owed)
    before = stage.api.read(f"payments/{owed}")["openAmount"]
    stage.twin.finalize(draft)
    return [before, stage.api.read(f"payments/{owed}")["openAmount"]]


def first_number(role: str) -> Callable[[Stage], int]:
    def look(stage: Stage) -> int:
        id = stage.api.create("contacts", contact(roles={role: {}}))
        return stage.api.read(f"contacts/{id}")["roles"][role]["number"]

    return look


def listed_types(stage: Stage) -> set[str]:
    owed = stage.api.create("invoices", invoice(), finalize="true")
    stage.api.create("dunnings", invoice(), precedingSalesVoucherId=owed)
    stage.twin.create_template(stage.company.id, invoice(address={"contactId": stage.customer()}))
    rows = stage.api.get("voucherlist", voucherType="any", voucherStatus="any").json()["content"]
    return {row["voucherType"] for row in rows}


def open_amount(stage: Stage) -> Any:
    owed = stage.api.create("invoices", invoice(), finalize="true")
    return stage.api.read(f"payments/{owed}")["openAmount"]


def refreshed_late(stage: Stage) -> int:
    partner = stage.partner()
    token = partner.connect()["refresh_token"]
    stage.twin.advance(31 * 24 * 3600)
    return partner.refresh(token).status


def refreshed_twice(stage: Stage) -> list[int]:
    partner = stage.partner()
    token = partner.connect()["refresh_token"]
    return [partner.refresh(token).status for _ in range(2)]


def mailed(stage: Stage) -> list[int]:
    id = stage.api.create("invoices", invoice(), finalize="true")
    stage.twin.rate_limit(True)
    statuses = []
    for _ in range(3):
        stage.twin.advance(1)
        statuses.append(stage.api.post(f"invoices/{id}/sendmail", {"recipients": ["a@b.example"]}).status)
    return statuses


def fee_of_any_category(stage: Stage) -> int:
    account = {**fixture("finance-account.create"), "type": "PAYMENT_PROVIDER"}
    [body] = fixture("finance-transaction.create")
    fee = {"feeAmount": -1, "feeTaxRatePercentage": 19, "feePostingCategoryId": UNKNOWN}
    own = {"financialAccountId": stage.api.create("finance/accounts", account)}
    return stage.api.post("finance/transactions", [{**body, **fee, **own}]).status


def updated_transaction(stage: Stage) -> list[Any]:
    account = stage.api.create("finance/accounts", fixture("finance-account.create"))
    [body] = fixture("finance-transaction.create")
    body = {**body, "financialAccountId": account}
    [booked] = stage.api.post("finance/transactions", [body]).json()
    path = f"finance/transactions/{booked['financialTransactionId']}"
    changed = {**body, "purpose": "anders", "lockVersion": booked["lockVersion"]}
    statuses = [stage.api.put(path, changed).status for _ in range(2)]
    return [*statuses, stage.api.read(path)["purpose"]]


def finance_date(stage: Stage) -> str:
    id = stage.api.create("finance/accounts", fixture("finance-account.create"))
    return stage.api.read(f"finance/accounts/{id}")["createdDate"][-6:]


def silent_callback(stage: Stage) -> int:
    """A subscription whose address does not answer, asked for over HTTP."""

    async def ask() -> int:
        app = create_app(TwinSettings(quirks=stage.twin.quirks))
        gone = httpx2.MockTransport(lambda request: _raise(httpx2.ConnectError("refused")))
        app.courier = Courier(app.twin, httpx2.AsyncClient(transport=gone))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://twin") as client:
            reply = await client.post(
                "/v1/event-subscriptions",
                json={"eventType": "contact.created", "callbackUrl": "https://down.example"},
                headers={"authorization": f"Bearer {app.identity.organizations[0].api_key}"},
            )
        await app.courier.stop()
        return reply.status_code

    return asyncio.run(ask())


def _raise(error: Exception) -> Any:
    raise error


def recognized_after_3_s(stage: Stage) -> str:
    id = upload(stage.api, type="voucher").json()["voucherId"]
    stage.twin.advance(3)
    return stage.api.read(f"vouchers/{id}")["voucherStatus"]


def created_version(path: str, body: Callable[[], Any]) -> Callable[[Stage], int]:
    return lambda stage: stage.api.post(path, body()).json()["version"]


LIMITED = {"rate_limit": True}
TWO_RATES = {
    "lineItems": [line(1, 200, 19), line(1, 100, 7)],
    "totalPrice": {"currency": "EUR", "totalDiscountAbsolute": 10},
}
ANY = {"voucherType": "any", "voucherStatus": "any"}

SWITCHES = {
    "contact_create_status": Switch(201, posted("contacts", contact), 200, 201),
    "create_status": Switch(200, posted("vouchers", voucher), 201, 200),
    "stale_contact_status": Switch(409, stale("contacts", contact), 406, 409),
    "stale_article_status": Switch(406, stale("articles", article), 409, 406),
    "stale_voucher_status": Switch(409, stale("vouchers", voucher), 406, 409),
    "unknown_route_status": Switch(403, got("invoices"), 404, 403),
    "trailing_slash": Switch(False, got("articles/"), 200, 404),
    "page_refusal_status": Switch(406, got("voucherlist", **ANY, size="251"), 400, 406),
    "article_page_refusal_status": Switch(400, got("articles", size="1"), 406, 400),
    "search_window_status": Switch(500, got("voucherlist", **ANY, page="400"), 400, 500),
    "created_article_version": Switch(1, created_version("articles", article), 0, 1),
    "created_version": Switch(0, created_version("invoices", invoice), 1, 0),
    "rate_limit": Switch(False, rapidly(3), [200, 200, 429], [200] * 3, LIMITED),
    "rate_capacity": Switch(3, rapidly(3), [200, 200, 429], [200] * 3, LIMITED),
    "rate_per_second": Switch(4, rapidly(4, 0.25), [200, 200, 200, 429], [200] * 4, LIMITED),
    "rate_limit_per": Switch("client", two_connections_of_a_client, [200] * 4, [200, 200, 429, 429], LIMITED),
    "documents_per_minute": Switch(
        1,
        lambda stage: [stage.api.post("invoices", invoice()).status for _ in range(2)],
        [201, 201],
        [201, 429],
    ),
    "retry_after_header": Switch(
        True,
        lambda stage: [stage.api.get("profile").header("retry-after") for _ in range(3)][-1],
        None,
        "1",
        LIMITED,
    ),
    "auth_rate_limit": Switch(True, hammered_auth_server, {400}, {400, 429}),
    "disguised_rate_limit": Switch(True, rapidly(3), [200, 200, 429], [200, 200, 500], LIMITED),
    "missing_scope_shape": Switch("gateway", without_scope, "timestamp", "message"),
    "lapsed_plan_shape": Switch("gateway", with_lapsed_plan, "timestamp", "message"),
    # 0.13 at 19 %: 0.0247 a line, 0.0494 for two.
    "tax_rounding": Switch(
        "per_line",
        total_tax(lineItems=[line(1, Decimal("0.13"))] * 2),
        Decimal("0.05"),
        Decimal("0.04"),
    ),
    # 1.50 at 7 %: 0.105.
    "ties": Switch(
        "half_even", total_tax(lineItems=[line(1, Decimal("1.50"), 7)]), Decimal("0.11"), Decimal("0.10")
    ),
    "unit_price_digits": Switch(4, unit_gross, Decimal("15.95"), Decimal("15.946")),
    # 193.33 at 19 % and 96.67 at 7 %, or 190.00 and 100.00.
    "total_discount": Switch("largest_rate", total_tax(**TWO_RATES), Decimal("43.50"), Decimal("43.10")),
    "voucher_tolerance_cents": Switch(1, a_cent_off, [406, 406, 406], [201, 201, 406]),
    "read_lag_s": Switch(2, seen_at_once, [200, 200], [404, 200]),
    "list_lag_s": Switch(2, listed_at_once, 1, 0),
    "invoice_profile": Switch("NONE", profile_of_an_invoice, "EN16931", "NONE"),
    "electronic_credit_notes": Switch(False, profile_of_a_credit_note, "XRechnung", "NONE"),
    "payment_label_required": Switch(
        False, posted("invoices", lambda: invoice(paymentConditions={"paymentTermDuration": 7})), 406, 201
    ),
    "photovoltaic_writable": Switch(False, posted("invoices", photovoltaics), 201, 406),
    "construction_service_in_germany": Switch(False, construction_for(GERMAN_ADDRESS), 201, 406),
    "unknown_article_refused": Switch(False, posted("invoices", line_with_unknown_article), 406, 201),
    "pdf_as_base64_for_json": Switch(False, file_asked_for_as_json, (200, True), (406, False)),
    "unchecked_voucher_post": Switch(
        True, posted("vouchers", lambda: voucher(voucherStatus="unchecked")), 406, 201
    ),
    "vendor_only_purchases": Switch(False, purchase_from_a_vendor, 201, 406),
    "voucher_post_version": Switch(
        0,
        lambda stage: [stage.api.post("vouchers", sale(version=version)).status for version in (None, 0, 1)],
        [201, 201, 201],
        [406, 201, 406],
    ),
    "vat_id_for_intra_community": Switch(True, supply_without_vat_id, 201, 406),
    "ids_for_tax_free_contacts": Switch(True, posted("contacts", tax_free_contact), 200, 406),
    "unproven_pursuits": Switch(True, credit_for_an_order, 406, 201),
    "draft_credit_notes_count": Switch(
        True,
        owed_beside_a_draft_credit,
        [Decimal("226.10"), Decimal("107.10")],
        [Decimal("107.10"), Decimal("107.10")],
    ),
    "first_customer_number": Switch(20001, first_number("customer"), 10001, 20001),
    "first_vendor_number": Switch(80001, first_number("vendor"), 70001, 80001),
    "unlisted_in_voucherlist": Switch(
        True, listed_types, {"invoice"}, {"invoice", "dunning", "recurringtemplate"}
    ),
    "open_amount_as_text": Switch(True, open_amount, Decimal("226.10"), "226.10"),
    "profile_sample_fields": Switch(
        True, lambda stage: stage.api.read("profile").get("subscriptionStatus"), None, "active"
    ),
    "ping": Switch(False, got("ping"), 200, 404),
    "refresh_grace_s": Switch(10, refreshed_twice, [200, 400], [200, 200]),
    "api_key_days": Switch(0, key_after_two_years, 401, 200),
    "reused_refresh_ends_connection": Switch(False, alive_after_a_refresh_token_was_used_twice, 401, 200),
    "hints_assign": Switch(True, hinted_bill, "open", "paid"),
    "refresh_token_days": Switch(30, refreshed_late, 200, 400),
    "oauth_error_description": Switch(
        False,
        lambda stage: set(stage.partner().refresh("x").json()),
        {"error", "error_description"},
        {"error"},
    ),
    "account_number_race": Switch(1, posted("contacts", contact), 200, 406),
    "mails_per_minute": Switch(2, mailed, [202, 202, 202], [202, 202, 429]),
    "known_integration_statuses_only": Switch(
        True,
        lambda stage: stage.api.put("partner-integrations", {"status": "READY", "version": 0}).status,
        200,
        406,
    ),
    "known_fee_categories_only": Switch(True, fee_of_any_category, 201, 406),
    "account_system": Switch(
        "OwnSystem", posted("finance/accounts", lambda: fixture("finance-account.create")), 201, 406
    ),
    "finance_transaction_update": Switch(
        True, updated_transaction, [404, 404, "RE1001 Holzwerk Brandt"], [200, 409, "anders"]
    ),
    "finance_live_shape": Switch(True, finance_date, "+01:00", "+00:00"),
    "callback_check": Switch(False, silent_callback, 406, 201),
    "failing_uploads": Switch(1, recognized_after_3_s, "unchecked", "blank"),
    "ocr_s": Switch(60, recognized_after_3_s, "unchecked", "blank"),
}
