"""Values that the vendor is certain to refuse, collected and told at once, without a call."""

from collections.abc import Iterable, Iterator

from connectors.base.errors import FieldError, InvalidForTarget
from connectors.lexoffice.client import is_uuid


def misfit(field: str, code: str, message: str) -> FieldError:
    """A value that does not fit; `field` in unified words."""
    return FieldError(field=field, code=code, message=message)


def id_misfits(field: str, id: str | None) -> Iterator[FieldError]:
    """Ids that cannot be the vendor's."""
    if id is not None and not is_uuid(id):
        yield misfit(field, "invalid_id", "Ids of Lexware Office are UUIDs.")


def refuse(errors: Iterable[FieldError]) -> None:
    """Raises InvalidForTarget that names every misfit, if there is one."""
    found = tuple(errors)
    if found:
        raise InvalidForTarget(found)
