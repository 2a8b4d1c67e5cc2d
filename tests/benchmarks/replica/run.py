"""One run: pages and single objects from the replica, in turns with handlers that only select them.

On SQLite and, where its wheel is, PostgreSQL; Kontor once more with its documents sealed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import msgspec

from gateway.settings import from_environment
from tests.benchmarks.figures import Figures, Ratio, speed
from tests.benchmarks.load import get
from tests.benchmarks.processes import cores, free_port, on
from tests.benchmarks.replica import inner
from tests.benchmarks.replica.shelf import SHELF, Shelf, fill
from tests.benchmarks.run import PATIENCE_S, Plan, measured
from tests.benchmarks.subjects import HOST, UNIFIED, Place, Subject, until_listening

CONNECTIONS = 32
ASKED = 250
"""Objects that single reads ask for in turn."""
LIST = "/v1/accounting/invoices"
TITLES = {
    "kontor": "Kontor, from the replica",
    "sealed": "Kontor, from a sealed replica",
    "door": "Kontor, the page itself from memory",
    "select": "Litestar, a SELECT and the same bytes",
    "memory": "Litestar, the same bytes from memory",
}
LOADS = ("page", "one")


class Outcome(msgspec.Struct, frozen=True):
    """Figures by subject and `database load`, one entry a round; pages without HTTP by database."""

    plan: Plan
    rounds: dict[tuple[str, str], list[Figures]]
    pages: dict[str, inner.Pages]
    core_of_subject: int | None
    core_of_the_rest: int | None


def ratios(outcome: Outcome) -> list[Ratio]:
    """The goals whose subjects were measured."""
    rounds, made = outcome.rounds, []
    for database in ("sqlite", "postgresql"):
        for load, goal, meaning in (("page", 0.7, "100 full invoices"), ("one", 0.55, "one invoice")):
            told = f"{meaning} on {database}, Kontor / SELECT and the same bytes"
            made.append(speed(rounds, f"R {load}", "select", f"{database} {load}", told, goal))
            told = f"the same, sealed; on {database}"
            made.append(speed(rounds, f"R {load}", "select", f"{database} {load}", told, None, "sealed"))
    told = "100 full invoices on sqlite, Kontor / Kontor with the page in memory"
    made.append(speed(rounds, "G10", "door", "sqlite page", told, 0.5))
    told = "the same / a bare handler with the bytes in memory"
    made.append(speed(rounds, "G10", "memory", "sqlite page", told, None))
    for subject, told in (
        ("select", "a bare SELECT / that"),
        ("door", "Kontor with the page in memory / that"),
    ):
        made.append(speed(rounds, "G10", "memory", "sqlite page", told, None, subject))
    return [ratio for ratio in made if ratio is not None] + _inner(outcome.pages)


def _inner(pages: dict[str, inner.Pages]) -> list[Ratio]:
    """Costs over costs: the goal is a ceiling, so they are told the other way about."""
    made: list[Ratio] = []
    for database, one in pages.items():
        if one.driver_cpu_us:
            value = median(d / o for o, d in zip(one.ours_cpu_us, one.driver_cpu_us, strict=True))
            made.append(Ratio("G8", f"CPU of a page on {database}, bare driver / Kontor", value, 1 / 1.15))
        if one.few_p50_us and one.many_p50_us:
            told = f"p50 of a page on {database}, among 1,000 / 1,000,000 rows"
            made.append(Ratio("G11", told, one.few_p50_us / one.many_p50_us, 1 / 1.2))
    return made


async def run(plan: Plan, directory: Path, progress: Callable[[str], None]) -> Outcome:
    """Start, measure, stop; one database after the other.

    Raises:
        LaunchError: a server did not start.
        LoadError: it did not answer as it should.
    """
    known = cores()
    theirs, ours = (known[0], known[-1]) if len(known) > 1 else (None, None)
    outcome = Outcome(plan, {}, {}, theirs, ours)
    with ExitStack() as stack, on(ours):
        for database, urls in databases(directory, stack):
            plain, sealed = urls
            subjects, shelf = await _subjects(directory / database, plain, sealed, theirs, stack)
            for number in range(plan.rounds):
                for load, subject in subjects if number % 2 == 0 else subjects[::-1]:
                    figures = await measured(subject, CONNECTIONS, plan.many_s, plan.warm_s)
                    outcome.rounds.setdefault((subject.name, f"{database} {load}"), []).append(figures)
                    progress(
                        f"round {number + 1}/{plan.rounds} {database:>10} {load:>4} {subject.name:<6}"
                        f" {figures.requests_per_second:>8,.0f} requests/s"
                    )
            progress(f"{database}: pages among {inner.MANY:,} rows")
            scratch = str(directory / database)
            few, many = await inner.among(shelf, scratch, plan.rounds)
            pages = inner.Pages(ours_cpu_us=[], driver_cpu_us=[])
            if database == "postgresql":
                pages = await inner.beside_the_driver(shelf, scratch, plan.rounds)
            pages = msgspec.structs.replace(pages, few_p50_us=few, many_p50_us=many)
            outcome.pages[database] = pages
    return outcome


def databases(directory: Path, stack: ExitStack) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name, and two databases of the kind: for what is plain and what is sealed."""
    for database in ("sqlite", "postgresql"):
        (directory / database).mkdir(mode=0o700)
    files = (directory / "sqlite" / name for name in ("plain.db", "sealed.db"))
    plain, sealed = (f"sqlite+aiosqlite:///{file}" for file in files)
    yield "sqlite", (plain, sealed)
    try:
        from tests.servers import OwnPostgres, fresh_database

        server = OwnPostgres()
    except ImportError:
        return
    stack.callback(server.close)
    url = server.url
    plain, sealed = (stack.enter_context(fresh_database(url)) for _ in range(2))
    yield "postgresql", (plain, sealed)


async def _subjects(
    directory: Path, plain: str, sealed: str, core: int | None, stack: ExitStack
) -> tuple[list[tuple[str, Subject]], Shelf]:
    """Everything that is measured on one database, and what the subjects that only select read there."""
    found: list[tuple[str, Subject]] = []
    shelves: dict[str, Shelf] = {}
    place = Place(directory, "http://127.0.0.1:9")
    for name, url in (("kontor", plain), ("sealed", sealed)):
        settings = _settings(directory / name, url, "test" if name == "sealed" else "")
        (directory / name).mkdir(mode=0o700)
        made = shelves[name] = await fill(from_environment(settings))
        with on(core):
            child = place.child(name, [sys.executable, "-m", "gateway.launch.serving"], settings)
        stack.callback(child.stop, PATIENCE_S)
        port = int(settings["KONTOR_PORT"])
        until_listening(child, port)
        for load, paths in (("page", [LIST]), ("one", [UNIFIED + id for id in made.ids[:ASKED]])):
            requests = tuple(get(path, HOST, made.keys) for path in paths)
            found.append((load, Subject(name, TITLES[name], child, port, requests)))
    found.append(("page", _door(directory, plain, shelves["kontor"], place, core, stack)))
    port, shelf = free_port(), shelves["kontor"]
    command = [sys.executable, "-m", "gateway.launch.serving", "--app", f"{SELECT_ONLY}:create"]
    told = {"KONTOR_PORT": str(port), SHELF: msgspec.json.encode(shelf).decode()}
    with on(core):
        child = place.child("select", command, told)
    stack.callback(child.stop, PATIENCE_S)
    until_listening(child, port)
    for load, name, paths in (
        ("page", "select", ["/page"]),
        ("one", "select", [f"/one/{id}" for id in shelf.ids[:ASKED]]),
        ("page", "memory", ["/memory"]),
    ):
        requests = tuple(get(path, HOST) for path in paths)
        found.append((load, Subject(name, TITLES[name], child, port, requests)))
    return found, shelf


def _door(
    directory: Path, url: str, shelf: Shelf, place: Place, core: int | None, stack: ExitStack
) -> Subject:
    """Kontor on the same database and with the same keys, but for its pages."""
    (directory / "door").mkdir(mode=0o700)
    keys = {"KONTOR_VAULT_KEY_FILE": str(directory / "kontor" / "vault.json")}
    settings = {**_settings(directory / "door", url, ""), **keys}
    command = [sys.executable, "-m", "gateway.launch.serving", "--app", f"{REMEMBERING}:create"]
    with on(core):
        child = place.child("door", command, settings)
    stack.callback(child.stop, PATIENCE_S)
    port = int(settings["KONTOR_PORT"])
    until_listening(child, port)
    return Subject("door", TITLES["door"], child, port, (get(LIST, HOST, shelf.keys),))


SELECT_ONLY, REMEMBERING = (f"tests.benchmarks.replica.{name}" for name in ("select_only", "remembering"))


def _settings(directory: Path, url: str, sealed: str) -> dict[str, str]:
    """Everything as it comes, but for the schedule and the quota of calls."""
    return {
        "KONTOR_DATA_DIR": str(directory),
        "KONTOR_DATABASE_URL": url,
        "KONTOR_PORT": str(free_port()),
        "KONTOR_SCHEDULER": "false",
        "KONTOR_REQUEST_LIMIT": "0",
        "KONTOR_REPLICA_SEALED": sealed,
    }
