import hashlib

import pytest

from gateway.api.cursor import Cursors
from gateway.errors import Invalid


def cursors(key: str = "k") -> Cursors:
    return Cursors(lambda purpose, text: hashlib.sha256(f"{key}{purpose}{text}".encode()).digest())


def test_a_cursor_leads_back_to_its_continuation() -> None:
    assert cursors().read(("con_1", "invoices"), cursors().write(("con_1", "invoices"), "page=3")) == "page=3"


@pytest.mark.parametrize(
    "bound", [("con_2", "invoices"), ("con_1", "items"), ("con_1invoices",), ("con_1", "invo", "ices")]
)
def test_a_cursor_of_another_connection_or_list_is_refused(bound: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        cursors().read(bound, cursors().write(("con_1", "invoices"), "page=3"))


def test_a_cursor_made_with_another_key_is_refused() -> None:
    with pytest.raises(Invalid):
        cursors("other").read(("con_1",), cursors().write(("con_1",), "page=3"))


@pytest.mark.parametrize("text", ["", "x", "ä", "====", "A" * 24, "%00", "..", "a b"])
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(Invalid):
        cursors().read(("con_1",), text)
