"""Deep links into the vendor's application. It redirects to the view when an object cannot be edited."""

from schemas.base import Link


def contact(app: str, id: str) -> Link:
    """Contacts have no edit address."""
    return Link(view=f"{app}/permalink/contacts/view/{id}", edit=None)


def of(app: str, noun: str, id: str) -> str:
    """Address that shows a sales voucher; `noun` as in the vendor's path, e.g. `credit-notes`."""
    return f"{app}/permalink/{noun}/view/{id}"


def document(app: str, noun: str, id: str, *, editable: bool) -> Link:
    """Of a sales voucher; `noun` as in the vendor's path, e.g. `credit-notes`."""
    place = f"{app}/permalink/{noun}"
    return Link(view=f"{place}/view/{id}", edit=f"{place}/edit/{id}" if editable else None)


def inbox(app: str) -> Link:
    """Uploaded files have one address for all of them."""
    return Link(view=f"{app}/permalink/files/view", edit=None)


def recurring_template(app: str, id: str) -> Link:
    """Templates have an edit address only."""
    return Link(view=None, edit=f"{app}/permalink/recurring-templates/edit/{id}")


NONE = Link(view=None, edit=None)
"""Articles, the company and files to mail along have no address of their own."""
