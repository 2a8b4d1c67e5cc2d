"""A small page for a person: see the books, do by hand what the app's user does, watch the calls come in."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, quote

from sandbox.lexoffice import dates
from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.control import rows
from sandbox.lexoffice.oauth.pages import html
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.wire import Reply

PAGE = Template((Path(__file__).parent / "page.html").read_text())
SECOND_ADDRESS = {"street": "Zweitweg 2", "zip": "20095", "city": "Hamburg", "countryCode": "DE"}


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
        here=rows.hidden(chosen),
        organizations="".join(_option(organization, chosen) for organization in organizations.values()),
        plan="Tarif wieder laufen lassen" if chosen.lapsed else "Tarif ablaufen lassen",
        pace="Anfragegrenze ausschalten" if app.twin.quirks.rate_limit else "Anfragegrenze einschalten",
        documents=rows.documents(app, chosen),
        contacts=rows.contacts(chosen),
        bank_lines=rows.bank_lines(chosen),
        connections=rows.connections(app, chosen),
        calls=rows.calls(app),
    )
    return html(page, form_action="'self'")


def _option(organization: Organization, chosen: Organization) -> str:
    mark = " selected" if organization.id == chosen.id else ""
    return f'<option value="{escape(organization.id)}"{mark}>{escape(organization.name)}</option>'


def act(app: TwinApp, body: bytes) -> Reply:
    """Do what a button says, and come back to the page with a word about it."""
    given = dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        message = _do(app, given.get("command", ""), given)
    except (LookupError, ValueError, ArithmeticError) as error:
        message = f"Das geht nicht: {error}"
    place = f"/?organization={quote(given.get('organization', ''))}&message={quote(message)}"
    return Reply(303, b"", (("location", place), ("cache-control", "no-store")))


def _do(app: TwinApp, command: str, given: dict[str, str]) -> str:
    twin, id = app.twin, given.get("id", "")
    is_voucher = any(id in organization.vouchers for organization in twin.world.organizations.values())
    pay = twin.pay_voucher if is_voucher else twin.mark_paid
    acts: dict[str, Callable[[], object]] = {
        "finalize": lambda: twin.finalize(id),
        "pay": lambda: pay(id),
        "part": lambda: pay(id, _amount(given.get("amount", ""))),
        "skonto": lambda: twin.pay_with_discount(id, Decimal(2)),
        "void": lambda: twin.set_voucher_status(id, "voided") if is_voucher else twin.void(id),
        "back": lambda: twin.back_to_draft(id),
        "accept": lambda: twin.decide(id, accepted=True),
        "reject": lambda: twin.decide(id, accepted=False),
        "delete": lambda: twin.delete_voucher(id) if is_voucher else twin.delete_document(id),
        "archive": lambda: twin.archive(id),
        "unarchive": lambda: twin.archive(id, False),
        "second-mail": lambda: twin.add_entry(id, "emailAddresses", "business", "zweite@beispiel.example"),
        "second-address": lambda: twin.add_entry(id, "addresses", "billing", dict(SECOND_ADDRESS)),
        "archive-contact": lambda: twin.archive_contact(id),
        "unarchive-contact": lambda: twin.archive_contact(id, False),
        "delete-contact": lambda: twin.delete_contact(id),
        "assign": lambda: twin.assign_transaction(id, given.get("voucher", "")),
        "revoke": lambda: twin.revoke(id),
        "advance": lambda: twin.advance(timedelta(days=int(given.get("days") or 0))),
        "pace": lambda: twin.rate_limit(not twin.quirks.rate_limit),
        "plan": lambda: _toggle_plan(app, given.get("organization", "")),
    }
    acts[command]()
    return "Erledigt."


def _amount(text: str) -> Decimal:
    """`1.234,50` as a German types it, or `1234.50`."""
    try:
        amount = Decimal(text.replace(".", "").replace(",", ".") if "," in text else text)
    except InvalidOperation:
        raise ValueError(f"„{text}“ ist kein Betrag") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError("Der Betrag muss größer als null sein")
    return amount


def _toggle_plan(app: TwinApp, organization_id: str) -> None:
    lapsed = app.twin.world.organizations[organization_id].lapsed
    app.twin.set_lapsed(organization_id, not lapsed)
