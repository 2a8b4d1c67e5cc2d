"""Each operation that the connector claims, carried out at the twin."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base.errors import DocumentNotReady, RecordNotFound
from connectors.base.paging import ListQuery
from connectors.lexoffice import CONNECTOR
from schemas import RESOURCES
from tests.conformance import bodies
from tests.conformance.vendor import Books, Patch

pytestmark = pytest.mark.anyio

BODY = {
    "customers": bodies.customer,
    "suppliers": bodies.supplier,
    "items": bodies.item,
    "invoices": bodies.invoice,
    "credit-notes": bodies.credit_note,
}
CLAIMED = sorted(
    (name, operation)
    for name, resource in RESOURCES.items()
    for operation in resource.operations
    if CONNECTOR.supports(name, operation)
)


def of(books: Books, resource: str) -> Any:
    return CONNECTOR.resources[resource](books.session())


async def lists(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(BODY[resource]())).data
    page = await of(books, resource).list(ListQuery(filters=RESOURCES[resource].filters(), limit=25))

    assert [record.data.id for record in page.records] == [made.id]
    assert page.next is None


async def gets(books: Books, resource: str) -> None:
    if RESOURCES[resource].singleton:
        assert (await of(books, resource).get()).data.id == books.company.id
        return
    if CONNECTOR.supports(resource, "upload"):
        made = (await of(books, resource).upload(bodies.upload())).data
        assert (await of(books, resource).get(made.id)).data.id == made.id
        return
    made = (await of(books, resource).create(BODY[resource]())).data

    assert (await of(books, resource).get(made.id)).data == made


async def creates(books: Books, resource: str) -> None:
    record = await of(books, resource).create(BODY[resource]())

    assert isinstance(record.data, RESOURCES[resource].model)
    assert record.raw is not None


async def updates(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(BODY[resource]())).data
    changed = (await of(books, resource).update(made.id, Patch(seen=made.version, note="neu"))).data

    assert changed.note == "neu"
    assert changed.version != made.version


async def deletes(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(BODY[resource]())).data
    await of(books, resource).delete(made.id, Patch(seen=made.version))

    with pytest.raises(RecordNotFound):
        await of(books, resource).get(made.id)


async def downloads(books: Books, resource: str) -> None:
    draft = (await of(books, resource).create(BODY[resource]())).data
    final = (await of(books, resource).create(BODY[resource](finalize=True))).data
    file = await of(books, resource).document(final.id, "application/pdf")

    assert file.content.startswith(b"%PDF-")
    assert file.media_type == "application/pdf"
    assert file.filename.endswith(".pdf")
    with pytest.raises(DocumentNotReady):
        await of(books, resource).document(draft.id, "*/*")


async def uploads(books: Books, resource: str) -> None:
    file = (await of(books, resource).upload(bodies.upload())).data

    assert (file.media_type, file.size) == ("application/pdf", len(bodies.PDF))
    assert file.document_id in books.company.vouchers


async def attaches(books: Books, resource: str) -> None:
    made = (await of(books, resource).create(BODY[resource]())).data
    file = (await of(books, resource).attach(made.id, bodies.upload())).data

    assert file.document_id == made.id
    assert (await of(books, "files").content(file.id, "*/*")).content == bodies.PDF


async def gives_back(books: Books, resource: str) -> None:
    made = (await of(books, resource).upload(bodies.upload())).data
    file = await of(books, resource).content(made.id, "*/*")

    assert (file.content, file.media_type) == (bodies.PDF, "application/pdf")


PROOF = {
    "upload": uploads,
    "attach": attaches,
    "content": gives_back,
    "list": lists,
    "get": gets,
    "create": creates,
    "update": updates,
    "delete": deletes,
    "document": downloads,
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
