"""A list query in the words of the voucher list, and what the rows must be filtered for beyond it. Pure."""

from datetime import date

from msgspec import Struct

from connectors.base.paging import ListQuery
from connectors.lexoffice.client import search_text
from connectors.lexoffice.days import YEARS, day_before, local_day_or_none
from connectors.lexoffice.misfits import id_misfits, misfit, refuse
from connectors.lexoffice.native.voucherlist import OVERDUE, Row
from connectors.lexoffice.sales.noun import OPEN, Noun
from connectors.lexoffice.sales.reading import STATUS
from schemas.documents import DocumentFilters, DocumentStatus

ANY = "any"
SORTS = {
    None: ("voucherDate", True),
    **{
        f"{sign}{ours}": (theirs, sign == "-")
        for sign in ("", "-")
        for ours, theirs in {
            "issuedOn": "voucherDate",
            "number": "voucherNumber",
            "createdAt": "createdDate",
            "updatedAt": "updatedDate",
        }.items()
    },
}
"""Our sorts as the vendor's property and whether it descends."""


class Selection(Struct, frozen=True, kw_only=True):
    """What to ask the voucher list for."""

    voucher_type: str
    words: str
    """`voucherStatus`."""
    filters: DocumentFilters
    contact_id: str | None
    property: str
    descending: bool
    query: ListQuery

    def params(self, words: str, window: date | None) -> dict[str, str]:
        """Query parameters without page and size. The list starts at `window`, if given."""
        filters, since = self.filters, self.query.updated_since
        asked = {
            "voucherType": self.voucher_type,
            "voucherStatus": words,
            "archived": None if filters.archived is None else str(filters.archived).lower(),
            "contactId": self.contact_id,
            "voucherNumber": search_text(filters.number) if filters.number else None,
            "voucherDateFrom": _bound(filters.issued_from, after=YEARS.start),
            "voucherDateTo": _bound(filters.issued_to, before=YEARS.stop),
            # Whole days at the vendor; one day earlier, so that no border of days or zones can hide a change.
            "updatedDateFrom": day_before(since) if since else None,
            "sort": f"{self.property},{'DESC' if self.descending else 'ASC'}",
        }
        if window is not None:
            asked[f"{self.property}{'To' if self.descending else 'From'}"] = window
        return {name: str(value) for name, value in asked.items() if value is not None}

    def day(self, row: Row) -> date | None:
        """The day that the list is sorted by; None when it is sorted by number, or the row has none."""
        instants = {
            "voucherDate": row.voucher_date,
            "createdDate": row.created_date,
            "updatedDate": row.updated_date,
        }
        return local_day_or_none(instants.get(self.property))

    def holds(self, row: Row) -> bool:
        """Whether the row is what was asked for; the vendor's filters are coarser."""
        filters, since = self.filters, self.query.updated_since
        late = row.voucher_status == OVERDUE
        if filters.overdue is not None and filters.overdue != late:
            return False
        status = STATUS.get(row.voucher_status, DocumentStatus.UNKNOWN)
        if filters.status is not None and filters.status != status.value:
            return False
        # Rows have whole seconds, cut off: a change within the asked second counts as after it.
        return not since or not row.updated_date or row.updated_date >= since.replace(microsecond=0)


def uncounted(noun: Noun, query: ListQuery) -> tuple[str, ...]:
    """Parameters that rows are filtered by here, after the vendor has counted them: `Selection.holds`."""
    filters = query.filters
    assert isinstance(filters, DocumentFilters)
    open_too = noun.words.get(filters.status or "") == OPEN  # what is overdue may be among them or not
    told = {
        "status": open_too and not filters.overdue,
        "overdue": filters.overdue is False,
        "updatedSince": query.updated_since is not None,
    }
    return tuple(name for name, unheeded in told.items() if unheeded)


def _bound(day: date | None, after: int = 0, before: int = 9999) -> date | None:
    """The day, unless it bounds nothing: the vendor may refuse years far away."""
    return day if day is not None and after <= day.year <= before else None


def select(noun: Noun, query: ListQuery) -> Selection | None:
    """The selection; None when no document can match.

    Raises:
        InvalidForTarget: an unknown sort, or the id of a party that is none of the vendor's.
    """
    filters = query.filters
    assert isinstance(filters, DocumentFilters)
    contact_id = getattr(filters, f"{noun.party}_id")
    if query.sort not in SORTS:
        known = ", ".join(sort for sort in SORTS if sort)
        refuse([misfit("sort", "invalid", f"Give one of {known}.")])
    refuse(id_misfits(f"{noun.party}Id", contact_id))
    if filters.overdue and (not noun.due or filters.status not in (None, "open")):
        return None
    if filters.status is not None and filters.status not in noun.words:
        return None
    property, descending = SORTS[query.sort]
    return Selection(
        voucher_type=noun.kinds.get(getattr(filters, "kind", None) or "", noun.voucher_type),
        words=OVERDUE if filters.overdue else noun.words.get(filters.status or "", ANY),
        filters=filters,
        contact_id=contact_id,
        property=property,
        descending=descending,
        query=query,
    )
