"""Scopes in the words of the app's user."""

RESOURCES = {
    "articles": "Artikel",
    "cashbox": "Kassen",
    "contacts": "Kontakte",
    "contacts.bankaccounts": "Bankverbindungen der Kontakte",
    "credit-notes": "Rechnungskorrekturen",
    "delivery-notes": "Lieferscheine",
    "dunnings": "Mahnungen",
    "files": "Dateien",
    "finance": "Konten und Umsätze",
    "invoices": "Rechnungen",
    "order-confirmations": "Auftragsbestätigungen",
    "organization": "Firmendaten",
    "payments": "Zahlungsstatus",
    "profile": "Profil",
    "quotations": "Angebote",
    "recurring-templates": "Serienvorlagen",
    "transaction-assignment-hint": "Zuordnungshinweise",
    "voucherlist": "Belegliste",
    "vouchers": "Belege",
}
RIGHTS = {
    "read": "ansehen",
    "write": "anlegen und ändern",
    "delete": "löschen",
    "sendmail": "per E-Mail versenden",
    "status": "Verarbeitungsstatus abfragen",
}


def by_resource(scopes: frozenset[str]) -> list[tuple[str, str]]:
    """`invoices.read`, `invoices.write` to ("Rechnungen", "ansehen, anlegen und ändern")."""
    rights: dict[str, list[str]] = {}
    for scope in sorted(scopes):
        resource, _, right = scope.rpartition(".")
        rights.setdefault(RESOURCES.get(resource, resource), []).append(RIGHTS.get(right, right))
    return [(resource, ", ".join(given)) for resource, given in sorted(rights.items())]
