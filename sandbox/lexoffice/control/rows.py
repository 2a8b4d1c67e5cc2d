"""The tables of the page: documents, contacts, bank lines, connections and calls, each with its buttons."""

from collections.abc import Callable
from decimal import Decimal
from html import escape

from sandbox.lexoffice import dates
from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.paper.letter import euro
from sandbox.lexoffice.partner.transactions import date_of, left_of
from sandbox.lexoffice.resources.voucherlist import Row, rows_of
from sandbox.lexoffice.sales.kinds import BY_LISTED
from sandbox.lexoffice.state import Connection, Contact, Organization, Record

SHOWN_DOCUMENTS, SHOWN_CALLS, SHOWN_CONTACTS, SHOWN_LINES, OFFERED = 60, 25, 30, 30, 50
VOUCHER_TYPES = {
    "salesinvoice": "Einnahme",
    "salescreditnote": "Einnahmeminderung",
    "purchaseinvoice": "Ausgabe",
    "purchasecreditnote": "Ausgabenminderung",
}
STATES = {
    "draft": "Entwurf",
    "open": "offen",
    "overdue": "überfällig",
    "paid": "bezahlt",
    "paidoff": "verrechnet",
    "voided": "storniert",
    "accepted": "angenommen",
    "rejected": "abgelehnt",
    "unchecked": "ungeprüft",
    "blank": "wird gelesen",
}


def _settles(row: Row) -> bool:
    return row.type in VOUCHER_TYPES or BY_LISTED[row.type].settled is not None


def _owed(row: Row) -> bool:
    return row.status == "open" and row.open_amount is not None


# Command: its button, and for which state of which type it is offered.
BUTTONS: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "finalize": ("Abschließen", lambda row: row.status == "draft"),
    "pay": ("Bezahlt", lambda row: _owed(row)),
    "skonto": ("Bezahlt mit Skonto", lambda row: row.status == "open" and row.type == "invoice"),
    "void": ("Stornieren", lambda row: row.status in ("open", "paid") and _settles(row)),
    "back": ("Zum Entwurf", lambda row: row.status == "open" and row.type == "invoice"),
    "accept": ("Annehmen", lambda row: row.status == "open" and row.type == "quotation"),
    "reject": ("Ablehnen", lambda row: row.status == "open" and row.type == "quotation"),
    "delete": ("Löschen", lambda row: row.status == "draft" or row.type in VOUCHER_TYPES),
    "archive": ("Archivieren", lambda row: row.type in BY_LISTED and not row.archived),
    "unarchive": ("Aus dem Archiv", lambda row: row.type in BY_LISTED and row.archived),
}


def documents(app: TwinApp, organization: Organization) -> str:
    today = dates.local_day(app.twin.clock.now())
    rows = sorted(rows_of(organization), key=lambda row: row.updated, reverse=True)[:SHOWN_DOCUMENTS]
    return "".join(_document(row, row.shown_status(today), organization) for row in rows)


def _document(row: Row, status: str, organization: Organization) -> str:
    kind = BY_LISTED[row.type].german if row.type in BY_LISTED else VOUCHER_TYPES[row.type]
    day = f"{dates.local_day(row.voucher_date):%d.%m.%Y}" if row.voucher_date else ""
    offered = [(command, label) for command, (label, fits) in BUTTONS.items() if fits(row)]
    buttons = "".join(_button(command, label, row.id, organization) for command, label in offered)
    if _owed(row):
        amount = '<input name="amount" aria-label="Betrag" inputmode="decimal" size="7" placeholder="0,00">'
        buttons += _button("part", "Teilbetrag", row.id, organization, amount)
    mark = ' class="overdue"' if status == "overdue" else ""
    return (
        f"<tr><td class=number>{escape(row.number or '')}</td><td>{kind}</td>"
        f"<td>{escape(row.contact_name or '')}</td>"
        f"<td>{day}</td><td{mark}>{STATES.get(status, status)}</td><td class=amount>{_money(row.total)}</td>"
        f"<td class=amount>{_money(row.open_amount)}</td><td class=acts>{buttons}</td></tr>"
    )


def hidden(organization: Organization) -> str:
    return f'<input type="hidden" name="organization" value="{escape(organization.id)}">'


def contacts(organization: Organization) -> str:
    shown = list(organization.contacts.values())[-SHOWN_CONTACTS:]
    return "".join(_contact(contact, organization) for contact in reversed(shown))


def _contact(contact: Contact, organization: Organization) -> str:
    numbers = (contact.customer_number, contact.vendor_number)
    number = " / ".join(str(number) for number in numbers if number is not None)
    archive = (
        ("unarchive-contact", "Aus dem Archiv") if contact.archived else ("archive-contact", "Archivieren")
    )
    acts = (("second-mail", "Weitere E-Mail"), ("second-address", "Weitere Anschrift"), archive,
            ("delete-contact", "Löschen"))  # fmt: skip
    buttons = "".join(_button(command, label, contact.id, organization) for command, label in acts)
    state = "archiviert" if contact.archived else "mehrfach" if _is_manifold(contact) else ""
    return (
        f"<tr><td class=number>{number}</td><td>{escape(contact.name)}</td><td>{state}</td>"
        f"<td class=acts>{buttons}</td></tr>"
    )


def _is_manifold(contact: Contact) -> bool:
    """Whether it holds more of a kind than a call can write."""
    groups = [contact.body.get(name, {}) for name in ("addresses", "emailAddresses", "phoneNumbers")]
    lists = [entries for group in groups for entries in group.values()]
    return any(
        len(entries) > 1 for entries in [*lists, contact.body.get("company", {}).get("contactPersons", [])]
    )


def bank_lines(organization: Organization) -> str:
    lines = sorted(organization.transactions.values(), key=date_of, reverse=True)[:SHOWN_LINES]
    owed = [row for row in rows_of(organization) if _owed(row)][-OFFERED:]
    offers = "".join(
        f'<option value="{escape(row.id)}">{escape(row.number or row.id)}, {_money(row.open_amount)}</option>'
        for row in reversed(owed)
    )
    choice = f'<select name="voucher" aria-label="Beleg">{offers}</select>' if offers else ""
    return "".join(_bank_line(line, organization, choice) for line in lines)


def _bank_line(line: Record, organization: Organization, choice: str) -> str:
    left = left_of(line)
    button = _button("assign", "Zuordnen", line.id, organization, choice) if left and choice else ""
    day, other = date_of(line)[:10], line.body.get("recipientOrSenderName") or ""
    return (
        f"<tr><td>{day[8:]}.{day[5:7]}.{day[:4]}</td><td>{escape(other)}</td>"
        f"<td>{escape(line.body['purpose'])}</td><td class=amount>{euro(line.body['amount'])}</td>"
        f"<td class=amount>{_money(left)}</td><td class=acts>{button}</td></tr>"
    )


def _money(amount: Decimal | None) -> str:
    return euro(amount) if amount is not None else ""


def _button(command: str, label: str, id: str, organization: Organization, inside: str = "") -> str:
    return (
        f'<form method="post" action="/page"><input type="hidden" name="command" value="{command}">'
        f'<input type="hidden" name="id" value="{escape(id)}">{hidden(organization)}{inside}'
        f'<button type="submit">{label}</button></form>'
    )


def connections(app: TwinApp, organization: Organization) -> str:
    own = [c for c in app.twin.world.connections.values() if c.organization_id == organization.id]
    return "".join(_connection(connection, organization) for connection in own)


def _connection(connection: Connection, organization: Organization) -> str:
    kind = "Anwendung" if connection.client_id else "API-Schlüssel"
    state = "getrennt" if connection.revoked else "verbunden"
    button = "" if connection.revoked else _button("revoke", "Trennen", connection.id, organization)
    name = escape(connection.name or f"seit {connection.created.astimezone(dates.BERLIN):%d.%m.%Y}")
    return f"<tr><td>{name}</td><td>{kind}</td><td>{state}</td><td>{button}</td></tr>"


def calls(app: TwinApp) -> str:
    last = list(app.twin.ledger.calls)[-SHOWN_CALLS:]
    return "".join(
        f"<tr><td>{call.at.astimezone(dates.BERLIN):%H:%M:%S}</td>"
        f"<td>{escape(call.method)} {escape(call.path)}</td><td>{call.status or 'Leitung getrennt'}</td></tr>"
        for call in reversed(last)
    )
