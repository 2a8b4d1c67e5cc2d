"""What the vendor is certain to refuse of a recorded document, or has no place for. Pure."""

from collections.abc import Iterator

from connectors.base.errors import FieldError, NotWritable
from connectors.lexoffice.days import day_misfits
from connectors.lexoffice.misfits import id_misfits, misfit, unheld
from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.sales.terms import period_misfits
from connectors.lexoffice.vouchers.kinds import BLANK, SIDE, VOID, party_path
from connectors.lexoffice.vouchers.writing import is_collective, party
from schemas.recorded_documents import RecordedDocumentInput
from schemas.terms import ServicePeriodInput

NO_ADDRESS = "Lexware Office keeps no address on a voucher; the contact has one."
ONLY_BOOKING = "Lexware Office changes an unchecked voucher only when it is booked: give `needsReview` false."


def misfits(body: RecordedDocumentInput, noun: Noun) -> Iterator[FieldError]:
    """Of a create, and of a voucher as a change leaves it."""
    if not body.number.strip():
        yield misfit("number", "required", "Lexware Office takes no voucher without a number.")
    yield from day_misfits("issuedOn", body.issued_on)
    if body.due_on is not None:
        yield from day_misfits("dueOn", body.due_on)
    yield from _party_misfits(body, noun)
    yield from _period_misfits(getattr(body, "service_period", None))
    for index, line in enumerate(body.lines):
        yield from id_misfits(f"lines[{index}].accountId", line.account_id)
    if body.needs_review and not body.prices_include_tax:
        message = "Lexware Office takes unchecked vouchers with gross amounts only."
        yield misfit("pricesIncludeTax", "invalid", message)


def change_misfits(
    raw: native.Voucher, body: RecordedDocumentInput, written_type: str
) -> Iterator[FieldError]:
    """What cannot become of a voucher that is there."""
    if body.needs_review:
        message = ONLY_BOOKING if raw.voucher_status == "unchecked" else "It is booked already."
        yield misfit("needsReview", "invalid", message)
    if written_type != raw.type:
        yield misfit("kind", "invalid", "What it is cannot be changed: record it anew.")


def refuse_changing(raw: native.Voucher, link: str | None) -> None:
    """Raises NotWritable for a voucher that takes no change as it stands."""
    if raw.voucher_status == BLANK:
        raise NotWritable("Lexware Office is still reading the upload: try again in a moment.", link)
    if raw.voucher_status == VOID:
        raise NotWritable("A void document is not changed any more.", link)
    if raw.tax_type not in ("net", "gross"):
        raise NotWritable(f"Kontor does not know vouchers with the amounts `{raw.tax_type}`.", link)


def _party_misfits(body: RecordedDocumentInput, noun: Noun) -> Iterator[FieldError]:
    id, name = party(body, noun)
    side = SIDE[noun.party]
    yield from id_misfits(party_path(noun), id)
    if id is None:
        if body.collective is False:
            yield misfit(party_path(noun), "required", f"Without the collective {noun.party} it needs one.")
        elif not name and not body.collective:
            message = f"Give the {noun.party}, a name used once, or `collective` true."
            yield misfit(party_path(noun), "required", message)
    elif is_collective(body, noun):
        message = f"It is booked on the {noun.party} or on the collective one: give one of both."
        yield misfit("collective", "invalid", message)
    elif name:
        yield unheld(f"{side}.name", f"The {noun.party} is booked under the contact's own name.")
    if getattr(getattr(body, side), "address", None) is not None:
        yield unheld(f"{side}.address", NO_ADDRESS)


def _period_misfits(period: ServicePeriodInput | None) -> Iterator[FieldError]:
    yield from period_misfits(period)
    if period is None or period.kind == "none":
        return
    if period.kind != "delivery":
        yield unheld("servicePeriod.kind", "Lexware Office keeps the day alone, and calls it a delivery.")
    if period.ends_on is not None and period.ends_on != period.starts_on:
        yield unheld("servicePeriod.startsOn", "Lexware Office keeps the last day of a period only.")
