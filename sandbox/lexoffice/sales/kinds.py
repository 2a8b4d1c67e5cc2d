"""The sales vouchers as one table: what each kind carries, and what may precede it."""

import msgspec


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    listed_as: str
    """Its `voucherType` in the voucher list and in `relatedVouchers`."""
    event: str
    scope: str
    prefix: str
    german: str
    english: str
    creatable: bool = True
    settled: str | None = None
    """The status of one that owes nothing any more."""
    due: bool = False
    expires: bool = False
    totals: bool = True
    discounts: bool = False
    alternatives: bool = False
    payment_terms: bool = False
    shipping: bool = False
    delivery_terms: bool = False
    electronic: bool = False
    """Whether XML may be asked for; elsewhere it is 406."""
    always_draft: bool = False
    introduction: str = ""
    remark: str = ""


KINDS = {
    kind.path: kind
    for kind in (
        Kind(
            path="invoices", listed_as="invoice", event="invoice", scope="invoices", prefix="RE",
            german="Rechnung", english="Invoice", settled="paid", due=True, discounts=True,
            payment_terms=True, shipping=True, electronic=True,
            introduction="Für unsere Lieferungen und Leistungen berechnen wir Ihnen:",
            remark="Vielen Dank für Ihren Auftrag.",
        ),
        Kind(
            path="credit-notes", listed_as="creditnote", event="credit-note", scope="credit-notes",
            prefix="GS", german="Rechnungskorrektur", english="Credit note", settled="paidoff",
            electronic=True,
            introduction="Wir schreiben Ihnen wie folgt gut:",
        ),
        Kind(
            path="quotations", listed_as="quotation", event="quotation", scope="quotations", prefix="AG",
            german="Angebot", english="Quotation", expires=True, discounts=True, alternatives=True,
            payment_terms=True, introduction="Gerne bieten wir Ihnen an:",
            remark="Wir freuen uns auf Ihren Auftrag.",
        ),
        Kind(
            path="order-confirmations", listed_as="orderconfirmation", event="order-confirmation",
            scope="order-confirmations", prefix="AB", german="Auftragsbestätigung",
            english="Order confirmation", discounts=True, payment_terms=True, shipping=True,
            delivery_terms=True, introduction="Wir bestätigen Ihren Auftrag wie folgt:",
        ),
        Kind(
            path="delivery-notes", listed_as="deliverynote", event="delivery-note", scope="delivery-notes",
            prefix="LS", german="Lieferschein", english="Delivery note", totals=False, shipping=True,
            delivery_terms=True, introduction="Wir liefern Ihnen:",
        ),
        Kind(
            path="dunnings", listed_as="dunning", event="dunning", scope="dunnings", prefix="",
            german="Mahnung", english="Reminder", discounts=True, shipping=True, always_draft=True,
            introduction="Die folgende Rechnung ist noch offen:",
        ),
        Kind(
            path="down-payment-invoices", listed_as="downpaymentinvoice", event="down-payment-invoice",
            scope="invoices", prefix="RE", german="Abschlagsrechnung", english="Down payment invoice",
            creatable=False, settled="paid", due=True, discounts=True, payment_terms=True, shipping=True,
            electronic=True,
        ),
    )
}  # fmt: skip
BY_LISTED = {kind.listed_as: kind for kind in KINDS.values()}

# Target kind: the kinds it may follow. Cells the vendor's text leaves open are refused.
PREDECESSORS = {
    "order-confirmations": ("quotations",),
    "delivery-notes": ("quotations", "order-confirmations", "invoices"),
    "invoices": ("quotations", "order-confirmations", "delivery-notes"),
    "credit-notes": ("invoices",),
    "dunnings": ("invoices", "down-payment-invoices"),
    "quotations": (),
}
# Cells that only a picture or nobody fills in.
UNPROVEN = {"credit-notes": ("quotations", "order-confirmations", "delivery-notes", "down-payment-invoices")}
# Of these a draft cannot be followed.
NO_DRAFTS = ("order-confirmations", "delivery-notes", "invoices", "down-payment-invoices")
