"""Values that the vendor is certain to refuse, collected and told at once, without a call."""

from collections.abc import Iterable, Iterator

from connectors.base.errors import NOT_HELD, FieldError, InvalidForTarget
from connectors.lexoffice.client import is_uuid


def misfit(field: str, code: str, message: str) -> FieldError:
    """A value that does not fit; `field` in unified words."""
    return FieldError(field=field, code=code, message=message)


def id_misfits(field: str, id: str | None) -> Iterator[FieldError]:
    """Ids that cannot be the vendor's."""
    if id is not None and not is_uuid(id):
        yield misfit(field, "invalid_id", "Ids of Lexware Office are UUIDs.")


def unheld(field: str, message: str) -> FieldError:
    """A value that the vendor has no place for, and that can be left out without changing the rest."""
    return misfit(field, NOT_HELD, message)


def left_out(errors: Iterable[FieldError], *, strict: bool) -> tuple[FieldError, ...]:
    """Warnings of what will be left out. Raises InvalidForTarget when anything else, or `strict`, stands
    against the write; then it names all.
    """
    found = tuple(errors)
    if found and (strict or any(error.code != NOT_HELD for error in found)):
        raise InvalidForTarget(found)
    return found


def refuse(errors: Iterable[FieldError]) -> None:
    """Raises InvalidForTarget that names every misfit, if there is one."""
    found = tuple(errors)
    if found:
        raise InvalidForTarget(found)
