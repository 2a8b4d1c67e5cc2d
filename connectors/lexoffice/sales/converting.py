"""A document made of another: quote, order, delivery note, invoice, and what corrects or reminds of invoices.

The vendor links both and takes nothing over: the body has to be whole. So the preceding document is read, and
written anew in the words of the other kind. Source: "Following documents" (read 2026-11-20).
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from connectors.base.connector import Session
from connectors.base.errors import FieldError, NotWritable
from connectors.base.paging import Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient
from connectors.lexoffice.days import day_misfits, local_day
from connectors.lexoffice.misfits import left_out, misfit, unheld
from connectors.lexoffice.native.base import Native, decoder
from connectors.lexoffice.native.credit_notes import CreditNoteBody
from connectors.lexoffice.native.delivery_notes import DeliveryNoteBody
from connectors.lexoffice.native.dunnings import DunningBody
from connectors.lexoffice.native.invoices import InvoiceBody
from connectors.lexoffice.native.order_confirmations import OrderConfirmationBody
from connectors.lexoffice.native.sales import SalesVoucher
from connectors.lexoffice.sales import repeating
from connectors.lexoffice.sales.checks import discount_misfits
from connectors.lexoffice.sales.examining_sent import doubts
from connectors.lexoffice.sales.following import followers, obstacle, traits
from connectors.lexoffice.sales.limits import following
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.sales.reading import STATUS
from connectors.lexoffice.sales.references import reference_to
from connectors.lexoffice.sales.terms import NO_DAY, period_misfits
from schemas.actions import Conversion, ConvertInput
from schemas.documents import DocumentStatus

NEW = decoder(SalesVoucher)
HELD_BY = {
    "service_period": "shipping_conditions",
    "payment_terms": "payment_conditions",
    "delivery_terms": "delivery_terms",
    "discount": "total_price",
}
"""Where the vendor holds what can be given or taken over, by the unified name."""


class Follower(Struct, frozen=True, kw_only=True):
    """A kind that others are made into."""

    path: str
    voucher_type: str
    body: type[Native]
    always_draft: bool = False


FOLLOWERS = {
    "sales-orders": Follower(
        path="order-confirmations", voucher_type="orderconfirmation", body=OrderConfirmationBody
    ),
    "delivery-notes": Follower(path="delivery-notes", voucher_type="deliverynote", body=DeliveryNoteBody),
    "invoices": Follower(path="invoices", voucher_type="invoice", body=InvoiceBody),
    "credit-notes": Follower(path="credit-notes", voucher_type="creditnote", body=CreditNoteBody),
    "dunnings": Follower(path="dunnings", voucher_type="dunning", body=DunningBody, always_draft=True),
}
MADE_AT = {f"/v1/{follower.path}" for follower in FOLLOWERS.values()}


async def convert(
    session: Session,
    client: LexofficeClient,
    noun: Noun,
    decoder: "msgspec.json.Decoder[Any]",
    id: str,
    given: ConvertInput,
) -> Record[Conversion]:
    """The document `id` made into another kind.

    Raises:
        InvalidForTarget: the vendor makes no such document of it, or the values do not fit; no call.
        NotWritable: this very document cannot be made into it as it stands; it was read.
    """
    day = given.issued_on or local_day(session.now)
    warnings = left_out(misfits(noun, given), strict=session.strict)
    follower, purpose = FOLLOWERS[given.to], f"{noun.resource}.convert"
    read: Callable[[Answer], SalesVoucher] = lambda answer: decoder.decode(answer.content)  # noqa: E731
    raw = await client.object(noun.path, id, read, purpose)
    refuse_converting(raw, noun, given.to, links.of(session.hosts.app, noun.link_path or noun.path, id))
    not_taken_over = tuple(lost(raw, given))
    session.note(not_taken_over)
    finalize = (("finalize", "true"),) if given.finalize and not follower.always_draft else ()
    body = repeating.body(raw, noun, follower.body, given, day)
    shipping = getattr(body, "shipping_conditions", NO_DAY)
    params = (*finalize, ("precedingSalesVoucherId", id))
    created = await client.post(follower.path, body, purpose, params)
    made = await client.read_back(
        created.id,
        lambda id: client.object(follower.path, id, lambda answer: NEW.decode(answer.content), purpose),
    )
    return Record(
        id=made.id,
        data=Conversion(
            document=reference_to(made.id, made.voucher_number, follower.voucher_type),
            final=made.voucher_status != "draft",
        ),
        warnings=(*warnings, *not_taken_over, *doubts(f"/v1/{follower.path}", shipping.shipping_type)),
    )


def misfits(noun: Noun, given: ConvertInput) -> Iterator[FieldError]:
    """What is certain before anything is read."""
    known = following(noun)
    if given.to not in (known.values or ()):
        yield misfit("to", "not_possible", known.reason)
        return
    follower = FOLLOWERS[given.to]
    if given.issued_on is not None:
        yield from day_misfits("issuedOn", given.issued_on)
    yield from period_misfits(given.service_period)
    yield from discount_misfits(given.discount)
    for field, name in HELD_BY.items():
        if getattr(given, field) is not None and not holds(follower, name):
            yield unheld(_wire_name(field), f"Lexware Office keeps no such field on {given.to}.")
    if given.finalize and follower.always_draft:
        yield unheld("finalize", f"Lexware Office keeps {given.to} as drafts; their document exists at once.")


def refuse_converting(raw: SalesVoucher, noun: Noun, to: str, link: str) -> None:
    """Raises NotWritable for what cannot be made into `to` as it stands."""
    status = STATUS.get(raw.voucher_status, DocumentStatus.UNKNOWN)
    found = obstacle(noun.voucher_type, to, status, traits(raw))
    if found is not None:
        raise NotWritable(f"{found.reason} {found.alternative}", link)
    if to == "delivery-notes":
        return
    for place, line in enumerate(raw.line_items, 1):
        if line.type != "text" and line.unit_price is None:
            reason = f"Line {place} has no price: create the {to} with prices and `precedingDocuments`."
            raise NotWritable(reason, link)


def lost(raw: SalesVoucher, given: ConvertInput) -> Iterator[FieldError]:
    """What the preceding document says and the new one has no place for."""
    follower = FOLLOWERS[given.to]
    if not followers(follower.voucher_type):  # corrects or reminds: terms and discounts stay the invoice's
        return
    said = {
        "discount": raw.total_price.total_discount_absolute or raw.total_price.total_discount_percentage,
        "payment_terms": raw.payment_conditions,
        "delivery_terms": raw.delivery_terms,
    }
    for field, value in said.items():
        if value and not holds(follower, HELD_BY[field]):
            message = f"The preceding document has it; Lexware Office has no place for it on {given.to}."
            yield unheld(_wire_name(field), message)


def holds(follower: Follower, name: str) -> bool:
    """Whether the vendor keeps the field on documents of the kind."""
    return name in follower.body.__struct_fields__


def _wire_name(field: str) -> str:
    return next(f.encode_name for f in msgspec.structs.fields(ConvertInput) if f.name == field)
