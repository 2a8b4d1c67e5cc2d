"""A small page for a person: see the books, do by hand what the app's user does, watch the calls come in."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, quote

from sandbox.lexoffice import dates
from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.oauth.pages import html
from sandbox.lexoffice.paper.letter import euro
from sandbox.lexoffice.resources.voucherlist import Row, rows_of
from sandbox.lexoffice.sales.kinds import BY_LISTED
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.state import Connection, Organization
from sandbox.lexoffice.wire import Reply

PAGE = Template((Path(__file__).parent / "page.html").read_text())
SHOWN_DOCUMENTS, SHOWN_CALLS = 60, 25
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
    return row.type in BY_LISTED and BY_LISTED[row.type].settled is not None


# Command: its button, and for which state of which type it is offered.
BUTTONS: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "finalize": ("Abschließen", lambda row: row.status == "draft"),
    "pay": ("Bezahlt", lambda row: row.status == "open" and row.open_amount is not None),
    "skonto": ("Bezahlt mit Skonto", lambda row: row.status == "open" and row.type == "invoice"),
    "void": ("Stornieren", lambda row: row.status in ("open", "paid") and _settles(row)),
    "back": ("Zum Entwurf", lambda row: row.status == "open" and row.type == "invoice"),
    "accept": ("Annehmen", lambda row: row.status == "open" and row.type == "quotation"),
    "reject": ("Ablehnen", lambda row: row.status == "open" and row.type == "quotation"),
    "delete": ("Löschen", lambda row: row.status == "draft"),
}


def show(app: TwinApp, query: str) -> Reply:
    asked = dict(parse_qsl(query))
    organizations = app.twin.world.organizations
    chosen = organizations.get(asked.get("organization", "")) or next(iter(organizations.values()), None)
    if chosen is None:
        return html("<!doctype html><p>Der Zwilling kennt kein Unternehmen.</p>")
    message = f'<p class="message" role="status">{escape(asked["message"])}</p>' if "message" in asked else ""
    page = PAGE.substitute(
        now=f"{app.twin.clock.now().astimezone(dates.BERLIN):%d.%m.%Y %H:%M}",
        message=message,
        here=_hidden(chosen),
        organizations="".join(_option(organization, chosen) for organization in organizations.values()),
        plan="Tarif wieder laufen lassen" if chosen.lapsed else "Tarif ablaufen lassen",
        pace="Anfragegrenze ausschalten" if app.twin.quirks.rate_limit else "Anfragegrenze einschalten",
        documents=_documents(app, chosen),
        connections=_connections(app, chosen),
        calls=_calls(app),
    )
    return html(page, form_action="'self'")


def _hidden(organization: Organization) -> str:
    return f'<input type="hidden" name="organization" value="{escape(organization.id)}">'


def _option(organization: Organization, chosen: Organization) -> str:
    mark = " selected" if organization.id == chosen.id else ""
    return f'<option value="{escape(organization.id)}"{mark}>{escape(organization.name)}</option>'


def _documents(app: TwinApp, organization: Organization) -> str:
    today = dates.local_day(app.twin.clock.now())
    rows = sorted(rows_of(organization), key=lambda row: row.updated, reverse=True)[:SHOWN_DOCUMENTS]
    return "".join(_document(row, row.shown_status(today), organization) for row in rows)


def _document(row: Row, status: str, organization: Organization) -> str:
    kind = BY_LISTED[row.type].german if row.type in BY_LISTED else VOUCHER_TYPES[row.type]
    day = f"{dates.local_day(row.voucher_date):%d.%m.%Y}" if row.voucher_date else ""
    offered = [(command, label) for command, (label, fits) in BUTTONS.items() if fits(row)]
    buttons = "".join(_button(command, label, row.id, organization) for command, label in offered)
    mark = ' class="overdue"' if status == "overdue" else ""
    return (
        f"<tr><td class=number>{escape(row.number or '')}</td><td>{kind}</td>"
        f"<td>{escape(row.contact_name or '')}</td>"
        f"<td>{day}</td><td{mark}>{STATES.get(status, status)}</td><td class=amount>{_money(row.total)}</td>"
        f"<td class=amount>{_money(row.open_amount)}</td><td class=acts>{buttons}</td></tr>"
    )


def _money(amount: Decimal | None) -> str:
    return euro(amount) if amount is not None else ""


def _button(command: str, label: str, id: str, organization: Organization) -> str:
    return (
        f'<form method="post" action="/page"><input type="hidden" name="command" value="{command}">'
        f'<input type="hidden" name="id" value="{escape(id)}">{_hidden(organization)}'
        f'<button type="submit">{label}</button></form>'
    )


def _connections(app: TwinApp, organization: Organization) -> str:
    own = [c for c in app.twin.world.connections.values() if c.organization_id == organization.id]
    return "".join(_connection(connection, organization) for connection in own)


def _connection(connection: Connection, organization: Organization) -> str:
    kind = "Anwendung" if connection.client_id else "API-Schlüssel"
    state = "getrennt" if connection.revoked else "verbunden"
    button = "" if connection.revoked else _button("revoke", "Trennen", connection.id, organization)
    name = escape(connection.name or f"seit {connection.created.astimezone(dates.BERLIN):%d.%m.%Y}")
    return f"<tr><td>{name}</td><td>{kind}</td><td>{state}</td><td>{button}</td></tr>"


def _calls(app: TwinApp) -> str:
    calls = list(app.twin.ledger.calls)[-SHOWN_CALLS:]
    return "".join(
        f"<tr><td>{call.at.astimezone(dates.BERLIN):%H:%M:%S}</td>"
        f"<td>{escape(call.method)} {escape(call.path)}</td><td>{call.status or 'Leitung getrennt'}</td></tr>"
        for call in reversed(calls)
    )


def act(app: TwinApp, body: bytes) -> Reply:
    """Do what a button says, and come back to the page with a word about it."""
    given = dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        message = _do(app, given.get("command", ""), given)
    except (NotPossible, KeyError, ValueError) as error:
        message = f"Das geht nicht: {error}"
    place = f"/?organization={quote(given.get('organization', ''))}&message={quote(message)}"
    return Reply(303, b"", (("location", place), ("cache-control", "no-store")))


def _do(app: TwinApp, command: str, given: dict[str, str]) -> str:
    twin, id = app.twin, given.get("id", "")
    is_voucher = any(id in organization.vouchers for organization in twin.world.organizations.values())
    acts: dict[str, Callable[[], object]] = {
        "finalize": lambda: twin.finalize(id),
        "pay": lambda: twin.pay_voucher(id) if is_voucher else twin.mark_paid(id),
        "skonto": lambda: twin.pay_with_discount(id, Decimal(2)),
        "void": lambda: twin.void(id),
        "back": lambda: twin.back_to_draft(id),
        "accept": lambda: twin.decide(id, accepted=True),
        "reject": lambda: twin.decide(id, accepted=False),
        "delete": lambda: twin.delete_document(id),
        "revoke": lambda: twin.revoke(id),
        "advance": lambda: twin.advance(timedelta(days=int(given.get("days") or 0))),
        "pace": lambda: twin.rate_limit(not twin.quirks.rate_limit),
        "plan": lambda: _toggle_plan(app, given.get("organization", "")),
    }
    acts[command]()
    return "Erledigt."


def _toggle_plan(app: TwinApp, organization_id: str) -> None:
    lapsed = app.twin.world.organizations[organization_id].lapsed
    app.twin.set_lapsed(organization_id, not lapsed)
