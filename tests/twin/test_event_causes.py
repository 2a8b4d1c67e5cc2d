"""Each of the 42 events, and what causes it: a call, the app's user, or time."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sandbox.lexoffice.events.types import EVENT_TYPES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, article, contact, credit_note, invoice, line
from tests.twin.test_uploads import upload
from tests.twin.test_vouchers import voucher

LATER = "2026-04-02T00:00:00.000+02:00"
ADDRESS = {"billing": [{"street": "Weg 1", "zip": "1", "city": "Dorf", "countryCode": "DE"}]}


class Causes:
    """What happens before and what then causes an event: `prepare` gives an id, `act` the resource's id."""

    def __init__(self, api: Api, twin: Twin, company: Organization) -> None:
        self.api, self.twin, self.company = api, twin, company

    def document(self, kind: str, finalized: bool = False) -> str:
        if kind == "down-payment-invoices":
            return self.twin.create_down_payment_invoice(self.company.id, invoice(), finalized).id
        body = credit_note() if kind == "credit-notes" else invoice()
        if kind == "quotations":
            body["expirationDate"] = LATER
        query = {"finalize": str(finalized).lower()}
        if kind == "dunnings":
            query["precedingSalesVoucherId"] = self.document("invoices", finalized=True)
        return self.api.create(kind, body, **query)

    def template(self) -> str:
        person = self.api.create("contacts", contact(addresses=ADDRESS))
        body = invoice(address={"contactId": person})
        return self.twin.create_template(self.company.id, body).id

    def deleted(self, path: str) -> str:
        assert self.api.delete(path).status == 204
        return path.rsplit("/", 1)[1]

    def changed(self, path: str, **changes: Any) -> str:
        assert self.api.put(path, {**self.api.read(path), **changes}).status == 200
        return path.rsplit("/", 1)[1]

    def by_hand(self, act: Callable[..., Any], id: str, *more: Any) -> str:
        act(id, *more)
        return id


Prepare = Callable[[Causes], Any]
Act = Callable[[Causes, Any], str]
CAUSES: dict[str, tuple[Prepare, Act]] = {
    "article.created": (lambda c: None, lambda c, _: c.api.create("articles", article())),
    "article.changed": (
        lambda c: c.api.create("articles", article()),
        lambda c, id: c.changed(f"articles/{id}", title="Neu"),
    ),
    "article.deleted": (
        lambda c: c.api.create("articles", article()),
        lambda c, id: c.deleted(f"articles/{id}"),
    ),
    "contact.created": (lambda c: None, lambda c, _: c.api.create("contacts", contact())),
    "contact.changed": (
        lambda c: c.api.create("contacts", contact()),
        lambda c, id: c.changed(f"contacts/{id}", note="Neu"),
    ),
    "contact.deleted": (
        lambda c: c.api.create("contacts", contact()),
        lambda c, id: c.by_hand(c.twin.delete_contact, id),
    ),
    "recurring-template.created": (lambda c: None, lambda c, _: c.template()),
    "recurring-template.changed": (
        lambda c: c.template(),
        lambda c, id: c.by_hand(c.twin.edit_template, id, {"title": "Neu"}),
    ),
    "recurring-template.deleted": (
        lambda c: c.template(),
        lambda c, id: c.by_hand(c.twin.delete_template, id),
    ),
    "quotation.status.changed": (
        lambda c: c.document("quotations", finalized=True),
        lambda c, id: c.by_hand(c.twin.decide, id),
    ),
    "voucher.created": (lambda c: None, lambda c, _: c.api.create("vouchers", voucher())),
    "voucher.changed": (
        lambda c: c.api.create("vouchers", voucher()),
        lambda c, id: c.by_hand(lambda id: c.api.put(f"vouchers/{id}", voucher(version=1, remark="Neu")), id),
    ),
    "voucher.deleted": (
        lambda c: c.api.create("vouchers", voucher()),
        lambda c, id: c.by_hand(c.twin.delete_voucher, id),
    ),
    "voucher.status.changed": (
        lambda c: c.api.create("vouchers", voucher()),
        lambda c, id: c.by_hand(c.twin.pay_voucher, id),
    ),
    "payment.changed": (
        lambda c: c.document("invoices", finalized=True),
        lambda c, id: c.by_hand(c.twin.mark_paid, id, 1),
    ),
    "token.revoked": (
        lambda c: c.twin.connection_of(c.twin.create_api_key(c.company.id)).id,
        lambda c, id: c.by_hand(c.twin.revoke, id),
    ),
}
for _kind in ("credit-note", "delivery-note", "down-payment-invoice", "dunning", "invoice",
              "order-confirmation", "quotation"):  # fmt: skip
    CAUSES[f"{_kind}.created"] = (lambda c: None, lambda c, _, path=f"{_kind}s": c.document(path))
    CAUSES[f"{_kind}.changed"] = (
        lambda c, path=f"{_kind}s": c.document(path),
        lambda c, id: c.by_hand(c.twin.edit_document, id, {"remark": "Neu"}),
    )
    CAUSES[f"{_kind}.deleted"] = (
        lambda c, path=f"{_kind}s": c.document(path),
        lambda c, id: c.by_hand(c.twin.delete_document, id),
    )
    if _kind != "dunning":
        CAUSES.setdefault(
            f"{_kind}.status.changed",
            (
                lambda c, path=f"{_kind}s": c.document(path),
                lambda c, id: c.by_hand(c.twin.finalize, id),
            ),
        )


@pytest.fixture
def causes(api: Api, twin: Twin, company: Organization) -> Causes:
    return Causes(api, twin, company)


def test_every_event_has_its_cause_and_every_cause_an_event() -> None:
    assert set(CAUSES) == set(EVENT_TYPES)


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_the_cause_raises_the_event_and_its_subscriber_hears_of_it(causes: Causes, type: str) -> None:
    prepare, act = CAUSES[type]
    prepared = prepare(causes)
    causes.api.create("event-subscriptions", {"eventType": type, "callbackUrl": "https://hooks.example"})
    causes.twin.events.clear()

    id = act(causes, prepared)

    causes.twin.catch_up()
    told = [json.loads(posting.body) for posting in causes.twin.collect_postings()]
    assert (type, id) in [(event.type, event.resource_id) for event in causes.twin.events]
    assert [(body["eventType"], body["resourceId"]) for body in told] == [(type, id)]


class TestWithoutACall:
    """What is raised by time or by the way, not by a call that names it."""

    def raised(self, twin: Twin) -> list[str]:
        kinds = [event.type for event in twin.events]
        twin.events.clear()
        return kinds

    def test_an_upload_is_told_of_once_it_has_been_read(self, api: Api, twin: Twin) -> None:
        upload(api, type="voucher")
        at_once = self.raised(twin)
        twin.advance(3)

        assert (at_once, self.raised(twin)) == ([], ["voucher.created"])

    def test_a_template_s_night_makes_an_invoice_and_moves_on(self, causes: Causes) -> None:
        id = causes.template()
        causes.twin.resume_template(id, date(2026, 3, 3))
        self.raised(causes.twin)

        causes.twin.advance(86400)

        assert self.raised(causes.twin) == ["invoice.created", "recurring-template.changed"]

    def test_a_paused_template_makes_none(self, causes: Causes) -> None:
        id = causes.template()
        causes.twin.resume_template(id, date(2026, 3, 3))
        causes.twin.pause_template(id)
        self.raised(causes.twin)

        causes.twin.advance(86400)

        assert self.raised(causes.twin) == []
        settings = causes.api.read(f"recurring-templates/{id}")["recurringTemplateSettings"]
        assert settings["executionStatus"] == "PAUSED"

    def test_a_credit_note_changes_what_its_invoice_is_owed(self, causes: Causes) -> None:
        owed = causes.document("invoices", finalized=True)
        self.raised(causes.twin)

        causes.api.create("credit-notes", credit_note(), finalize="true", precedingSalesVoucherId=owed)

        assert self.raised(causes.twin) == [
            "credit-note.created", "credit-note.status.changed", "payment.changed", "invoice.status.changed",
        ]  # fmt: skip

    def test_a_deleted_bank_account_changes_its_contact(self, api: Api, twin: Twin, customer: str) -> None:
        account = {
            "accountHolder": "B",
            "bankName": "B",
            "iban": "DE02120300000000202051",
            "bic": "BYLADEM1001",
        }
        id = api.create(f"contacts/{customer}/bankaccounts", account)
        self.raised(twin)
        api.delete(f"contacts/{customer}/bankaccounts/{id}")

        assert self.raised(twin) == ["contact.changed"]

    def test_a_voided_voucher_changes_status_and_payments(self, api: Api, twin: Twin) -> None:
        id = api.create("vouchers", voucher())
        twin.pay_voucher(id)
        self.raised(twin)
        twin.set_voucher_status(id, "voided")

        assert self.raised(twin) == ["voucher.status.changed", "payment.changed"]
        assert api.read(f"payments/{id}")["paymentItems"] == []

    @pytest.mark.parametrize("kind", ["invoices", "quotations", "dunnings"])
    def test_archiving_changes_a_document(self, causes: Causes, kind: str) -> None:
        id = causes.document(kind)
        self.raised(causes.twin)

        causes.twin.archive(id)

        assert self.raised(causes.twin) == [f"{kind[:-1]}.changed"]
        assert causes.api.read(f"{kind}/{id}")["archived"] is True


class TestEditing:
    def test_a_draft_is_computed_again(self, causes: Causes) -> None:
        id = causes.document("invoices")
        before = causes.api.read(f"invoices/{id}")

        causes.twin.edit_document(id, {"lineItems": [line(quantity=3)], "introduction": "Neu"})

        after = causes.api.read(f"invoices/{id}")
        assert (after["totalPrice"]["totalNetAmount"], after["introduction"]) == (285, "Neu")
        assert after["voucherNumber"] == before["voucherNumber"]
        assert after["version"] == before["version"] + 1

    def test_what_is_open_stays_as_it_is(self, causes: Causes) -> None:
        id = causes.document("invoices", finalized=True)

        with pytest.raises(ValueError, match="only a draft"):
            causes.twin.edit_document(id, {"remark": "Neu"})

    def test_a_second_contact_person_makes_a_contact_unwritable(self, api: Api, twin: Twin) -> None:
        id = api.create("contacts", contact())
        for name in ("Muster", "Beispiel"):
            twin.add_entry(id, "company", "contactPersons", {"lastName": name, "primary": False})

        assert len(api.read(f"contacts/{id}")["company"]["contactPersons"]) == 2
        assert api.put(f"contacts/{id}", api.read(f"contacts/{id}")).status == 406

    def test_an_edited_contact_has_a_new_version(self, api: Api, twin: Twin) -> None:
        id = api.create("contacts", contact())
        twin.edit_contact(id, {"note": "geändert"})

        answer = api.read(f"contacts/{id}")
        assert (answer["note"], answer["version"]) == ("geändert", 2)

    def test_a_voucher_has_no_other_states(self, api: Api, twin: Twin) -> None:
        id = api.create("vouchers", voucher())

        with pytest.raises(ValueError, match="a voucher is one of"):
            twin.set_voucher_status(id, "nonsense")
