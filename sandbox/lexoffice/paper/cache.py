"""Papers that were drawn before: drawing takes long, and a document's paper does not change."""

from collections import OrderedDict
from collections.abc import Callable, Hashable


class Papers:
    def __init__(self, keep: int = 200) -> None:
        self._drawn: OrderedDict[Hashable, bytes] = OrderedDict()
        self._keep = keep

    def get(self, key: Hashable, draw: Callable[[], bytes]) -> bytes:
        if key not in self._drawn:
            self._drawn[key] = draw()
            if len(self._drawn) > self._keep:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(key)
        return self._drawn[key]

    def clear(self) -> None:
        self._drawn.clear()
