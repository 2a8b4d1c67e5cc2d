"""Each operation that the connector claims, carried out at the twin."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.errors import DocumentNotReady, RecordNotFound
from connectors.base.paging import ListQuery
from connectors.lexoffice import CONNECTOR
from schemas import RESOURCES
from schemas.actions import CancelInput, ConvertInput, MailAttachmentInput, SendInput
from schemas.payments import PaymentFilters
from schemas.transactions import TransactionBatchInput
from tests.conformance import bodies
from tests.conformance.standing_data import STANDING
from tests.conformance.vendor import Books, Patch

pytestmark = pytest.mark.anyio

BODY = {
    "customers": bodies.customer,
    "suppliers": bodies.supplier,
    "items": bodies.item,
    "invoices": bodies.invoice,
    "credit-notes": bodies.credit_note,
    "quotes": bodies.quote,
    "sales-orders": bodies.sales_order,
    "delivery-notes": bodies.delivery_note,
    "bank-accounts": bodies.bank_account,
    "bills": bodies.bill,
    "vendor-credits": bodies.vendor_credit,
    "sales-vouchers": bodies.sales_voucher,
}
RECORDED = ("bills", "vendor-credits", "sales-vouchers")
"""Documents that are binding as soon as they are recorded, and have the files that are attached to them."""
CHANGE = {"bank-accounts": {"balance": Decimal("5.00")}, **{name: {"remark": "neu"} for name in RECORDED}}
"""A change of one field; resources not named have a `note`."""
CLAIMED = sorted(
    (name, operation)
    for name, resource in RESOURCES.items()
    for operation in resource.operations
    if CONNECTOR.supports(name, operation)
)


def of(books: Books, resource: str) -> Any:
    return CONNECTOR.resources[resource](books.session())


async def body_for(books: Books, resource: str) -> Any:
    """The smallest object that can be created, with what it needs around it."""
    if resource == "dunnings":
        return bodies.dunning(await books.invoice())
    if resource == "transactions":
        account = (await of(books, "bank-accounts").create(bodies.bank_account())).data.id
        return bodies.transaction(bank_account_id=account)
    return BODY[resource]()


async def made_in(books: Books, resource: str) -> str:
    """The id of an object that is there: created, or made by the application's user."""
    if resource in STANDING:
        return await STANDING[resource](books)
    return (await of(books, resource).create(await body_for(books, resource))).data.id


async def final_in(books: Books, resource: str) -> str:
    """The id of a document as final as documents of the kind can be."""
    if resource not in BODY:
        return await made_in(books, resource)
    return (await of(books, resource).create(BODY[resource](finalize=True))).data.id


async def lists(books: Books, resource: str) -> None:
    made = await made_in(books, resource)
    filters = PaymentFilters(document_id=made) if resource == "payments" else RESOURCES[resource].filters()
    page = await of(books, resource).list(ListQuery(filters=filters, limit=250))

    found: list[str] = [record.data.id for record in page.records]
    assert made in found
    assert resource in STANDING or found == [made]
    assert (page.next, page.completeness.complete) == (None, True)
    assert all(record.raw is not None for record in page.records)


async def gets(books: Books, resource: str) -> None:
    if RESOURCES[resource].singleton:
        assert (await of(books, resource).get()).data.id == books.company.id
        return
    if CONNECTOR.supports(resource, "upload"):
        made = (await of(books, resource).upload(bodies.upload())).data
        assert (await of(books, resource).get(made.id)).data.id == made.id
        return
    made = await made_in(books, resource)
    record = await of(books, resource).get(made)

    assert (record.data.id, record.raw is None) == (made, False)
    assert isinstance(record.data, RESOURCES[resource].model)


async def creates(books: Books, resource: str) -> None:
    record = await of(books, resource).create(await body_for(books, resource))

    assert isinstance(record.data, RESOURCES[resource].model)
    assert record.raw is not None


async def updates(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(await body_for(books, resource))).data
    change: dict[str, Any] = CHANGE.get(resource, {"note": "neu"})
    changed = (await of(books, resource).update(made.id, Patch(seen=made.version, **change))).data

    assert {name: getattr(changed, name) for name in change} == change
    assert changed.version != made.version


async def deletes(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(await body_for(books, resource))).data
    await of(books, resource).delete(made.id, Patch(seen=made.version))

    with pytest.raises(RecordNotFound):
        await of(books, resource).get(made.id)


async def downloads(books: Books, resource: str) -> None:
    bare, held = await without_and_with_file(books, resource)
    file = await of(books, resource).document(held, "application/pdf")

    assert file.content.startswith(b"%PDF-")
    assert file.media_type == "application/pdf"
    assert file.filename.endswith(".pdf")
    if bare is not None:
        with pytest.raises(DocumentNotReady):
            await of(books, resource).document(bare, "*/*")


async def without_and_with_file(books: Books, resource: str) -> tuple[str | None, str]:
    """Ids; the first is None where every document of the kind has its file."""
    if resource not in BODY:
        return None, await final_in(books, resource)
    if resource not in RECORDED:
        draft = (await of(books, resource).create(BODY[resource]())).data
        return draft.id, await final_in(books, resource)
    bare, held = [
        (await of(books, resource).create(BODY[resource](number=number))).data.id for number in ("1", "2")
    ]
    await of(books, resource).attach(held, bodies.upload())
    return bare, held


async def uploads(books: Books, resource: str) -> None:
    file = (await of(books, resource).upload(bodies.upload())).data

    assert (file.media_type, file.size) == ("application/pdf", len(bodies.PDF))
    assert file.document_id in books.company.vouchers


async def encloses(books: Books, resource: str) -> None:
    file = (await of(books, resource).enclose(bodies.upload())).data
    invoice = await final_in(books, "invoices")
    along = MailAttachmentInput(file_id=file.id, filename="agb.pdf")
    mail = SendInput(recipients=["rechnung@muster-handel.example"], attachments=[along])
    await of(books, "invoices").send(invoice, mail)

    assert [mail.attachments for mail in books.company.mails] == [[file.id]]


async def attaches(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(BODY[resource]())).data
    file = (await of(books, resource).attach(made.id, bodies.upload())).data

    assert file.document_id == made.id
    assert (await of(books, "files").content(file.id, "*/*")).content == bodies.PDF


async def gives_back(books: Books, resource: str) -> None:
    made = (await of(books, resource).upload(bodies.upload())).data
    file = await of(books, resource).content(made.id, "*/*")

    assert (file.content, file.media_type) == (bodies.PDF, "application/pdf")


async def cancels(books: Books, resource: str) -> None:
    final = (await of(books, resource).create(BODY[resource](finalize=True))).data
    record = await of(books, resource).cancel(final.id, CancelInput())

    assert record.data.final
    after = (await of(books, resource).get(final.id)).data
    assert [found.id for found in after.following_documents] == [record.id]


async def converts(books: Books, resource: str) -> None:
    final = await final_in(books, resource)
    before = (await of(books, resource).get(final)).data
    ways = [action.to for action in before.allowed_actions if action.action == "convert" and action.allowed]
    assert ways
    for to in ways:
        record = await of(books, resource).convert(final, ConvertInput(to=to))

        made = record.data.document
        assert (record.id, made.resource, record.data.final) == (made.id, to, False)
        following = (await of(books, resource).get(final)).data
        named = [*following.following_documents, *following.related_documents]
        assert made in named


async def sends(books: Books, resource: str) -> None:
    final = await final_in(books, resource)
    await of(books, resource).send(final, SendInput(recipients=["rechnung@muster-handel.example"]))

    (mail,) = books.company.mails
    assert mail.recipients == ["rechnung@muster-handel.example"]


async def settles(books: Books, resource: str) -> None:
    final = {} if resource in RECORDED else {"finalize": True}
    owed = (await of(books, resource).create(BODY[resource](**final))).data
    account = (await of(books, "bank-accounts").create(bodies.bank_account())).data
    record = await of(books, resource).settle(owed.id, bodies.payment(bank_account_id=account.id))

    assert (record.data.state, record.data.document_id) == ("pushed", owed.id)
    assert books.company.hints == {owed.id: {"externalReference": "payment-0815"}}


async def batches(books: Books, resource: str) -> None:
    entry = await body_for(books, resource)
    other = msgspec.structs.replace(entry, external_reference="tx-2")
    record = await of(books, resource).batch(TransactionBatchInput(transactions=[entry, other]))

    assert [made.external_reference for made in record.data.transactions] == ["tx-1", "tx-2"]


async def youngest(books: Books, resource: str) -> None:
    entry = await body_for(books, "transactions")
    made = (await of(books, "transactions").create(entry)).data

    assert (await of(books, resource).latest(entry.bank_account_id)).data.id == made.id


PROOF = {
    "upload": uploads,
    "enclose": encloses,
    "attach": attaches,
    "content": gives_back,
    "settle": settles,
    "batch": batches,
    "latest": youngest,
    "list": lists,
    "get": gets,
    "create": creates,
    "update": updates,
    "delete": deletes,
    "document": downloads,
    "cancel": cancels,
    "convert": converts,
    "send": sends,
}


@pytest.mark.parametrize(("resource", "operation"), CLAIMED)
async def test_a_claimed_operation_works(resource: str, operation: str, books: Books) -> None:
    await PROOF[operation](books, resource)


async def test_the_vendors_totals_arrive(books: Books) -> None:
    made = (await of(books, "invoices").create(bodies.invoice(finalize=True))).data

    assert (made.totals.net, made.totals.tax, made.totals.gross) == (
        Decimal("190.00"),
        Decimal("36.10"),
        Decimal("226.10"),
    )
    assert made.issued_on == date(2026, 11, 20)
