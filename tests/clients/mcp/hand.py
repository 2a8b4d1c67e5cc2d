"""The app's user at the twin: does what no call of the API can."""

import json
from typing import Any
from urllib.request import Request, urlopen

GOODS_SOLD = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
"""The posting category "Warenverkäufe"."""


def control(place: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    """A command of the control API of the twin of `place` (`twin.json`)."""
    content = None if body is None else json.dumps(body).encode()
    request = Request(
        place["controlUrl"] + path, content, {"Content-Type": "application/json"}, method=method
    )
    with urlopen(request) as answer:
        return json.load(answer)
