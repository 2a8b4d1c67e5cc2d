"""Which unified fields a connector fills, and from which of the vendor's.

Every value of every answer is left out, or replaced by each word that the mapping compares with; what brings
a field to light that no answer before did is kept. Then one value at a time is changed, and what changes with
it comes from there.
"""

from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct, inspect

from connectors.base.connector import Hosts, Identity, Session
from connectors.base.errors import KontorError
from connectors.base.field_paths import ABSENT, FieldAt, named, values_at
from connectors.base.needs import Access
from connectors.base.probing.listening import Listener, words_of
from connectors.base.probing.samples import FIRST_INSTANT, Place, value_of
from connectors.base.probing.wire import Changes, ProbingWire, Shapes, Withheld, run

Content = dict[str, str]
"""What stands at each unified leaf, as text."""
Operation = Callable[[Session], Coroutine[Any, Any, Any]]

NOW = FIRST_INSTANT + timedelta(days=300)
"""Between the days of the samples, so that some are past."""
HOSTS = Hosts(api="https://api.example", app="https://app.example", authorization="https://app.example")
PARTNER, KEY = Access(credential="oauth"), Access(credential="api_key")
IDENTITY = Identity(
    organization_id=value_of(inspect.type_info(str), "organization"),
    organization_name=value_of(inspect.type_info(str), "organizationName"),
    vendor_connection_id=None,
    price_mode="net",
    small_business=False,
)
OTHER_IDENTITY = msgspec.structs.replace(
    IDENTITY, organization_name=value_of(inspect.type_info(str), "other organizationName")
)
OWN_PROFILE = "profile"
"""Where a value comes from that no answer of this call tells."""
FAULTS = (KontorError, Withheld, ValueError, ArithmeticError, LookupError, TypeError, AssertionError)
"""What a mapping makes of a sample that no vendor would send."""
MOST_ANSWERS = 40
ROUNDS = 3


def session_over(wire: ProbingWire, access: Access = PARTNER, identity: Identity = IDENTITY) -> Session:
    """A session of a connection that nobody has."""
    return Session(wire=wire, hosts=HOSTS, identity=identity, now=NOW, access=access)


class Reader:
    """One connector's way to one resource, over samples."""

    def __init__(self, kind: type[Any], model: type[Struct], operations: list[Operation]) -> None:
        self.shapes = Shapes()
        self.leaves = named(model)
        self.enums = {path for path, leaf in self.leaves.items() if isinstance(leaf.kind, inspect.EnumType)}
        self.words = words_of(kind)
        self.alone = len(operations) == 1
        """True when nothing tells what the first operation does not."""
        self._operations = operations
        self._package = kind.__module__.rsplit(".", 2)[0]
        self.learn({})

    def content(self, changed: Changes, access: Access = PARTNER, identity: Identity = IDENTITY) -> Content:
        """What the operations tell of the samples, together; earlier ones first. Nothing when one fails."""
        found: Content = {}
        for operation in self._operations:
            if found:  # the next one tells the same object once more
                break
            found = self._found(operation, changed, access, identity)
        return found

    def _found(self, operation: Operation, changed: Changes, access: Access, identity: Identity) -> Content:
        wire = ProbingWire(self.shapes, changed)
        found = self._told(operation, wire, access, identity)
        if not wire.strange:
            return found
        self.learn(changed)
        return self._told(operation, ProbingWire(self.shapes, changed), access, identity)

    def first_tells(self, changed: Changes) -> bool:
        """Whether the first operation tells anything."""
        return bool(self._found(self._operations[0], changed, PARTNER, IDENTITY))

    def learn(self, changed: Changes) -> None:
        """Runs until nothing new is decoded."""
        more = True
        while more:
            listener = Listener()
            with listener.listening(self._package):
                for operation in self._operations:
                    self._told(operation, ProbingWire(self.shapes, changed, listener))
            self.words |= listener.words()
            more = self.shapes.learn(listener)

    def tree(self, changed: Changes) -> dict[str, Any]:
        """What the first operation tells, as plain dicts and lists; empty when it fails."""
        return self._tree(self._operations[0], ProbingWire(self.shapes, changed), PARTNER, IDENTITY)

    def _told(
        self, operation: Operation, wire: ProbingWire, access: Access = PARTNER, identity: Identity = IDENTITY
    ) -> Content:
        return contents(self._tree(operation, wire, access, identity), self.leaves)

    def _tree(
        self, operation: Operation, wire: ProbingWire, access: Access, identity: Identity
    ) -> dict[str, Any]:
        try:
            return msgspec.to_builtins(run(operation(session_over(wire, access, identity))))
        except FAULTS:
            return {}


class Exploration:
    """Answers that between them bring to light every field that any answer does."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._needed: list[tuple[tuple[str, str], str]] = []
        self.start = self._first_telling()
        self.answers: list[Changes] = [self.start]
        self._worded: list[Changes] = []
        self._seen = self._novelties(reader.content(self.start))
        self.answers.append(self.start | {at: False for at, place in self._places() if _is_flag(place)})
        tried, known = 0, (0, 0)
        for _ in range(ROUNDS):
            if known != (known := (len(reader.words), len(self._places()))):
                self._look_for_words()
            todo, tried = self.answers[tried:], len(self.answers)
            for answer in todo:
                for at, value in self._candidates(answer):
                    self._try({**answer, at: value})
        self.telling += [one for answer in self.answers for one in answer.items() if isinstance(one[1], str)]

    def _candidates(self, answer: Changes) -> list[tuple[tuple[str, str], Any]]:
        """What to change around an answer; little around one that only told another word."""
        if answer in self._worded:
            return [one for one in self._plain_candidates() if one[1] is not ABSENT]
        return [*self._plain_candidates(), *self.telling]

    def _look_for_words(self) -> None:
        """Words for the places of full answers, and of bare ones: a word may need another to be absent."""
        self.telling = [*self._telling_words(self.start), *self._needed]
        hidden = [one for one in self._telling_words(self._sparse()) if one not in self.telling]
        for at, word in hidden:
            for place in self._optional_texts():
                self._try({**self.start, at: word, place: ABSENT})

    def _first_telling(self) -> Changes:
        """What the first operation needs beside the plain samples: the number of a page, a word."""
        changes: list[Changes] = [{}, *({at: value} for at, value in self._plain_candidates())]
        start = next((one for one in changes if self._reader.first_tells(one)), None)
        if start is None and self._reader.alone:
            start = self._first_worded(changes)
        start = start or {}
        self._reader.learn(start)
        return start

    def _first_worded(self, changes: list[Changes]) -> Changes | None:
        """One of the changes with a word in it that the operation tells nothing without."""
        for one in changes:
            self._needed = [
                (at, word)
                for at, word in self._telling_words(one)
                if self._reader.first_tells({**one, at: word})
            ]
            if self._needed:
                return {**one, self._needed[0][0]: self._needed[0][1]}
        return None

    @property
    def seen(self) -> set[str]:
        """Leaves that some answer fills."""
        return {leaf for leaf, _ in self._seen}

    def origins(self) -> dict[str, set[str]]:
        """For each leaf the values it changes with, as `path#field`."""
        found: dict[str, set[str]] = {}
        content = self._reader.content
        others = [*self._other_values(), *dict.fromkeys(self.telling)]
        for answer in self.answers:
            base = content(answer)
            for at, value in others:
                if answer.get(at) == value or self._reader.shapes.is_of_page(*at):
                    continue
                for leaf in _differing(base, content({**answer, at: value})):
                    found.setdefault(leaf, set()).add(f"{at[0]}#{at[1]}")
            for leaf in _differing(base, content(answer, identity=OTHER_IDENTITY)):
                found.setdefault(leaf, set()).add(OWN_PROFILE)
        return found

    def told_by_key(self) -> set[str]:
        """Leaves that a connection by API key is told, too."""
        return {leaf for answer in self.answers for leaf in self._reader.content(answer, KEY)}

    def optional_places(self) -> list[tuple[str, str]]:
        """What the vendor may leave out."""
        return [at for at, place in self._places() if place.optional]

    def variations(self) -> Iterator[Changes]:
        """The answers as they are; then each with another word in it, and with less."""
        optional = self.optional_places()
        beside: list[Changes] = [{}, *({at: word} for at, word in self.telling)]
        beside += [*({place: ABSENT} for place in optional), dict.fromkeys(optional, ABSENT)]
        yield from (more | answer for more in beside for answer in self.answers)

    def _try(self, answer: Changes) -> None:
        if len(self.answers) < MOST_ANSWERS:
            new = self._novelties(self._reader.content(answer)) - self._seen
            if new:
                self._worded += [] if {leaf for leaf, _ in new} - self.seen else [answer]
                self._seen |= new
                self.answers.append(answer)

    def _novelties(self, content: Content) -> set[tuple[str, str]]:
        """The leaves that are filled; where a leaf has few values, each of them."""
        enums = self._reader.enums
        return {(leaf, text if leaf in enums else "") for leaf, text in content.items()}

    def _places(self) -> list[tuple[tuple[str, str], Place]]:
        return [((path, place.path), place) for path, place in self._reader.shapes.places()]

    def _sparse(self) -> Changes:
        return self.start | dict.fromkeys(self.optional_places(), ABSENT)

    def _optional_texts(self) -> list[tuple[str, str]]:
        return [
            at for at, place in self._places() if place.optional and isinstance(place.kind, inspect.StrType)
        ]

    def _plain_candidates(self) -> list[tuple[tuple[str, str], Any]]:
        found: list[tuple[tuple[str, str], Any]] = []
        for at, place in self._places():
            found += [(at, ABSENT)] if place.optional else []
            found += [(at, value) for value in _CANDIDATES.get(type(place.kind), ())]
        return found

    def _other_values(self) -> list[tuple[tuple[str, str], Any]]:
        """Other values for each place that holds one."""
        found: list[tuple[tuple[str, str], Any]] = []
        for at, place in self._places():
            if type(place.kind) in _OTHERS:
                found += [(at, value) for value in _OTHERS[type(place.kind)]]
            elif not hasattr(place.kind, "fields") and not hasattr(place.kind, "item_type"):
                found.append((at, value_of(place.kind, f"another {at[1]}")))
        return found

    def _telling_words(self, around: Changes) -> list[tuple[tuple[str, str], str]]:
        """Words that make another difference at a place than a word nobody knows; of those alike, two."""
        texts = [
            at for at, place in self._places() if isinstance(place.kind, inspect.StrType) and at not in around
        ]
        if self._reader.content(around):  # where a text is an id, another word would find nothing
            texts = [at for at in texts if self._reader.content({**around, at: UNKNOWN_WORD})]
        kept: dict[tuple[tuple[str, str], frozenset[tuple[str, str]]], int] = {}
        found = []
        for word in sorted(self._reader.words):
            for at in self._where(word, texts, around):
                alike = (at, frozenset(self._novelties(self._reader.content({**around, at: word}))))
                kept[alike] = kept.get(alike, 0) + 1
                found += [(at, word)] if kept[alike] <= MOST_ALIKE else []
        return found

    def _where(self, word: str, texts: list[tuple[str, str]], around: Changes) -> list[tuple[str, str]]:
        if not texts or self._told(texts, word, word, around) == self._told(
            texts, UNKNOWN_WORD, word, around
        ):
            return []
        if len(texts) == 1:
            return texts
        half = len(texts) // 2
        return self._where(word, texts[:half], around) + self._where(word, texts[half:], around)

    def _told(self, texts: list[tuple[str, str]], put_in: str, word: str, around: Changes) -> Content:
        """What is told with a word in all the places; the word itself is no difference."""
        found = self._reader.content({**around, **dict.fromkeys(texts, put_in)})
        return {path: text.replace(UNKNOWN_WORD, word).replace(word, "*") for path, text in found.items()}


def _is_flag(place: Place) -> bool:
    return isinstance(place.kind, inspect.BoolType)


def _differing(one: Content, other: Content) -> set[str]:
    """Leaves that tell another value; a failing answer tells nothing about anything."""
    if not one or not other:
        return set()
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}


UNKNOWN_WORD = "zqx"
MOST_ALIKE = 2
_CANDIDATES: dict[type[inspect.Type], tuple[Any, ...]] = {
    inspect.BoolType: (False,),
    inspect.IntType: (0, 1),
    inspect.DecimalType: (0,),
}
_OTHERS: dict[type[inspect.Type], tuple[Any, ...]] = {
    inspect.BoolType: (False, True),
    inspect.DecimalType: (0, 42.42),
    inspect.DateType: ("2001-02-03", "2038-02-03"),
    inspect.DateTimeType: ("2001-02-03T12:00:00+01:00", "2038-02-03T12:00:00+01:00"),
}


def contents(tree: dict[str, Any], leaves: dict[str, FieldAt]) -> Content:
    """Each leaf with what stands there as text; of several entries of a list, all."""
    found: Content = {}
    for path, value in values_at(tree, leaves):
        found[path] = f"{found[path]}|{value}" if path in found else str(value)
    return found
