"""A draft rewritten by the app's user: read, checked and computed again, as if it were new."""

from typing import TYPE_CHECKING, Any

from sandbox.lexoffice import dates
from sandbox.lexoffice.sales import address, intake, members, settling, writing
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.shapes import read_body
from sandbox.lexoffice.state import Document, Organization

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin


def edit(twin: "Twin", organization: Organization, document: Document, changes: dict[str, Any]) -> None:
    """`changes` are members of a create body; the others stay. 406 for what a create would refuse."""
    kind = KINDS[document.kind]
    if document.status != "draft":
        raise settling.NotPossible("only a draft can be edited")
    raw = {**document.body, "voucherDate": dates.shown(document.voucher_date), **changes}
    body = read_body(intake.SHAPES[kind.path], raw)
    to, contact = address.resolve(organization, kind, body["address"])
    writing.demand_rules(organization, twin.quirks, kind, body, to, contact, False)
    document.body = members.of(organization, kind, body, to, twin.quirks)
    document.total = document.body.get("totalPrice", {}).get("totalGrossAmount")
    document.voucher_date = body["voucherDate"]
    document.contact_id = contact.id if contact else None
    document.contact_name = contact.listed_name if contact else to["name"]
    settling.touch(twin, document)
    twin.emit(organization.id, f"{kind.event}.changed", document.id)
