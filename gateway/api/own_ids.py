"""Ids of our own rows, as callers present them."""

import re

from gateway.api.call import Call
from gateway.errors import UnknownObject

OWN_ID = re.compile(r"[a-z]{2,4}_[0-9a-v]{26}")


def own_id(call: Call, noun: str) -> str:
    """The id in the path. What cannot be an id of ours names nothing, and never reaches the database."""
    return known_form(call.path["id"], noun)


def known_form(id: str, noun: str) -> str:
    """`id`, if it has the form of ours. Raises UnknownObject."""
    if not OWN_ID.fullmatch(id):
        raise UnknownObject(noun)
    return id
