"""The 42 event types."""

CHANGES = ("created", "changed", "deleted")
WITHOUT_STATUS = ("article", "contact", "dunning", "recurring-template")
WITH_STATUS = (
    "credit-note", "delivery-note", "down-payment-invoice", "invoice", "order-confirmation", "quotation",
    "voucher",
)  # fmt: skip
EVENT_TYPES = (
    *(f"{resource}.{change}" for resource in WITHOUT_STATUS for change in CHANGES),
    *(f"{resource}.{change}" for resource in WITH_STATUS for change in (*CHANGES, "status.changed")),
    "payment.changed",
    "token.revoked",
)
