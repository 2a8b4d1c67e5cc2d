"""Deep links into the app: a plain page about the document, or on to the list where it is unknown."""

from html import escape

from sandbox.lexoffice.oauth.pages import html
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.state import Organization, World
from sandbox.lexoffice.wire import Reply, Request

# Of these the app has a link of one kind only.
VIEW_ONLY, EDIT_ONLY = ("contacts", "cash-boxes"), ("recurring-templates",)
PAGE = """<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p><p>Zwilling von Lexware Office</p></body></html>
"""


def show(world: World, request: Request) -> Reply:
    resource, mode, id = [*request.path.removeprefix("/permalink/").split("/"), "", ""][:3]
    if resource == "files" or not id:
        return _page("Belege", "Hochgeladene Dateien und Listen zeigt der Zwilling nicht.")
    organizations = world.organizations.values()
    found = next((text for o in organizations if (text := _describe(o, resource, mode, id))), None)
    if found is None:
        return Reply(302, b"", (("location", f"/permalink/{resource}"),))
    title, editable = found
    if (mode == "view" and resource in EDIT_ONLY) or (mode == "edit" and resource in VIEW_ONLY):
        return Reply(302, b"", (("location", f"/permalink/{resource}"),))
    if mode == "edit" and not editable:
        return Reply(302, b"", (("location", f"/permalink/{resource}/view/{id}"),))
    return _page(title, "Bearbeiten" if mode == "edit" else "Ansehen")


def _describe(organization: Organization, resource: str, mode: str, id: str) -> tuple[str, bool] | None:
    """Title of what the link names, and whether the app would let one edit it."""
    if resource == "contacts" and id in organization.contacts:
        return organization.contacts[id].name, False
    if resource == "vouchers" and id in organization.vouchers:
        return "Beleg", organization.vouchers[id].status in ("open", "unchecked")
    if resource == "recurring-templates" and mode == "edit" and id in organization.templates:
        return organization.templates[id].title, True
    if resource == "cash-boxes" and id in organization.cash_boxes:
        return organization.cash_boxes[id].body["cashBoxName"], False
    document = organization.documents.get(id)
    kinds = ("invoices", "down-payment-invoices") if resource == "invoices" else (resource,)
    if document is None or document.kind not in kinds:
        return None
    title = f"{KINDS[document.kind].german} {document.number or ''}".strip()
    return title, document.status in ("draft", "open")


def _page(title: str, text: str) -> Reply:
    return html(PAGE.format(title=escape(title), text=escape(text)))
