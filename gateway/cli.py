"""The command line. Commands import what they need when they run: `kontor --help` stays quick."""

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NoReturn

import rich_click as click

from gateway.launch import LaunchError, descriptors
from gateway.settings import SettingsError, from_environment

ROOT = Path(__file__).resolve().parent.parent
THROUGH = {"ignore_unknown_options": True, "help_option_names": []}
"""For commands that hand every argument on."""


class Commands(click.RichGroup):
    """One line and exit code 1 for what lies outside; a traceback stays for what is our mistake."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (LaunchError, SettingsError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kontor")
def main() -> None:
    """Kontor: one REST API and one model in front of accounting systems."""
    descriptors.as_many_as_allowed()


@main.command()
def up() -> None:
    """Start gateway and Lexware twin with a demo tenant; Ctrl-C stops both."""
    from gateway.launch.up import up

    up(from_environment())


@main.command()
def serve() -> None:
    """Start one gateway for production; settings come from the environment."""
    from gateway.launch.serving import serve_alone

    serve_alone(from_environment())


@main.command()
def twin() -> None:
    """Start the Lexware twin alone; KONTOR_TWIN_* say how, see docs/guide/testing-against-the-twin.md."""
    _become("-P", "-m", "sandbox.lexoffice")


@main.command(context_settings=THROUGH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests; further arguments go to pytest, paths count from the checkout."""
    from gateway.launch.suite import pytest_arguments

    os.chdir(_checkout())
    _become("-m", "pytest", *pytest_arguments(), *arguments)


@main.command(context_settings=THROUGH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure a live read against references on this machine; --quick takes half a minute."""
    from gateway.launch.bench import python_arguments

    os.chdir(ROOT)
    _become(*python_arguments(ROOT), *arguments)


@main.command(context_settings=THROUGH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def simulate(arguments: tuple[str, ...]) -> None:
    """Run the gateway on a virtual clock, with faults drawn from seeds; --help tells how."""
    from gateway.launch.simulation import python_arguments

    os.chdir(ROOT)
    _become(*python_arguments(ROOT), *arguments)


@main.command()
def check() -> None:
    """Run lint, types, import contracts, freshness of generated files; report sizes."""
    from gateway.launch.checks import run_all

    sys.exit(0 if run_all(_checkout()) else 1)


@main.command()
def worker() -> None:
    """Start a worker: durable jobs, no door. With SQLite the gateway does its jobs itself."""
    from gateway.launch.serving import work_alone

    work_alone(from_environment())


@main.command()
@click.option("--forward", required=True, metavar="URL", help="Where events are posted, on this machine.")
@click.option("--event-type", "event_types", multiple=True, help="Only these, e.g. invoice.*; several times.")
@click.option("--gateway", metavar="URL", help="Default: that of kontor up here. Its API key is asked for.")
def listen(forward: str, event_types: tuple[str, ...], gateway: str | None) -> None:
    """Post events to a URL of yours until Ctrl-C, and show each attempt."""
    from gateway.launch.listening import Api, demo
    from gateway.launch.listening import listen as follow

    key = ""
    if gateway is None:
        gateway, key = demo(from_environment())
    follow(Api(gateway, key or click.prompt("API key", hide_input=True)), forward, event_types, click.echo)


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from gateway.launch.migrating import migrated

    migrated(from_environment())


@main.command()
def openapi() -> None:
    """Write the files that follow from the code: openapi/*.json, .env.example."""
    from gateway.launch import freshness

    for name in freshness.write(_checkout()) or ["nothing: all are fresh"]:
        click.echo(f"wrote {name}")


@main.command()
@click.argument("resource", required=False)
def capabilities(resource: str | None) -> None:
    """Show which accounting system can do what; of one RESOURCE with each field and filter."""
    from connectors import CONNECTORS
    from gateway.api.capability_tables import field_rows, filter_rows, further_rows, operation_rows
    from schemas import RESOURCES

    if resource is not None and resource not in RESOURCES:
        raise click.ClickException(f"no such resource; there are {', '.join(RESOURCES)}")
    for connector in CONNECTORS:
        click.echo(connector.title)
        _table(
            ("resource", "operation", "", "verified", "how, or why not"), operation_rows(connector, resource)
        )
        if resource is not None:
            click.echo()
            _table(("field", "read", "create", "update", "at the vendor"), field_rows(connector, resource))
            click.echo()
            _table(("rows or body of", "field", "", "at the vendor"), further_rows(connector, resource))
            click.echo()
            _table(
                ("list parameter", "", "at the vendor", "how, or why not"), filter_rows(connector, resource)
            )


@main.command()
def conformance() -> None:
    """Run the conformance suite on the commit that is checked out, and write what it saw work."""
    from gateway.ambient import SystemClock
    from gateway.launch.suite import conformance_arguments

    os.chdir(_checkout())
    _become("-m", "pytest", *conformance_arguments(ROOT, SystemClock().now().date()))


@main.command()
@click.argument("connection")
def sync(connection: str) -> None:
    """Go through the lists of a CONNECTION that keeps a replica, now; shows how far it is."""
    from gateway.launch import administration as office
    from gateway.launch.syncing import synchronize

    found = office.run(from_environment(), lambda rooms: synchronize(rooms, connection))
    _table(
        ("resource", "", "held", "new", "changed", "gone", "calls", "as of"),
        [
            (
                *(view.resource, view.state, str(view.held), str(view.created), str(view.updated)),
                *(
                    str(view.deleted),
                    str(view.calls),
                    view.as_of.isoformat(timespec="seconds") if view.as_of else "",
                ),
            )
            for view in found
        ],
    )
    if errors := [f"{view.resource}: {view.error}" for view in found if view.error]:
        raise click.ClickException("; ".join(errors))


@main.command()
@click.argument("connection")
@click.option("--format", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True)
@click.option("--to", "directory", required=True, type=click.Path(path_type=Path), help="A new directory.")
def export(connection: str, format: Literal["jsonl", "parquet"], directory: Path) -> None:
    """Write what is held of a CONNECTION's books to files, one a resource, with a manifest."""
    from gateway.launch import administration as office
    from gateway.launch import exporting

    made = office.run(
        from_environment(), lambda rooms: exporting.export(rooms, connection, format, directory)
    )
    _table(
        ("file", "documents", "deleted", "bytes", "as of"),
        [
            (
                *(file.name, str(file.documents), str(file.deleted), str(file.bytes)),
                file.as_of.isoformat(timespec="seconds") if file.as_of else "not complete",
            )
            for file in made.files
        ],
    )


@main.command()
def retention() -> None:
    """Show what is kept in each table, how long, and why."""
    from gateway.launch import retention as kept
    from gateway.wiring import retention_of

    _table(("table", "kept", "why"), kept.rows(retention_of(from_environment())))


@main.group()
def tenants() -> None:
    """SaaS vendors that use this gateway."""


@tenants.command("create")
@click.argument("name")
def create_tenant(name: str) -> None:
    """Make a tenant; its keys come from kontor keys create."""
    from gateway.launch import administration as office

    for tenant_id, _ in office.run(from_environment(), lambda rooms: office.create_tenant(rooms, name)):
        click.echo(tenant_id)


@tenants.command("list")
def list_tenants() -> None:
    """Show every tenant."""
    from gateway.launch import administration as office

    _table(("id", "name", "since"), office.run(from_environment(), office.list_tenants))


@tenants.command("erase")
@click.argument("tenant")
@click.option(
    "--exported",
    type=click.Path(path_type=Path),
    help="The file of kontor audit export, while records have to be kept: from then on it is all there is.",
)
@click.option("--confirm", metavar="TENANT", help="The tenant's id once more.")
def erase_tenant(tenant: str, exported: Path | None, confirm: str | None) -> None:
    """Destroy a TENANT's key and all that is stored of it; prints the certificate."""
    from gateway.launch import administration as office
    from gateway.launch import erasing

    click.echo(office.run(from_environment(), lambda rooms: erasing.erase(rooms, tenant, exported, confirm)))


@tenants.command("certificate")
@click.argument("tenant")
def erasure_certificate(tenant: str) -> None:
    """Print the certificate of a TENANT that was erased."""
    from gateway.launch import administration as office
    from gateway.launch import erasing

    click.echo(office.run(from_environment(), lambda rooms: erasing.certificate(rooms, tenant)))


@main.group()
def keys() -> None:
    """API keys of a tenant."""


@keys.command("create")
@click.argument("tenant")
@click.option("--environment", type=click.Choice(["test", "live"]), default="test", show_default=True)
@click.option("--name", default="first key", show_default=True, help="What the list shows.")
@click.option(
    "--scope", "scopes", multiple=True, help="admin, read, write, finalize; several times; default all."
)
def create_key(tenant: str, environment: Literal["test", "live"], name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it: it is shown this once."""
    from gateway.launch import administration as office
    from gateway.tenants.model import SCOPES

    click.echo(
        office.run(
            from_environment(),
            lambda rooms: office.issue_key(rooms, tenant, environment, name, scopes or SCOPES),
        )
    )


@keys.command("list")
@click.argument("tenant")
def list_keys(tenant: str) -> None:
    """Show a tenant's keys, never their secrets."""
    from gateway.launch import administration as office

    rows = office.run(from_environment(), lambda rooms: office.list_keys(rooms, tenant))
    _table(("id", "environment", "name", "scopes", "ends in", "last use"), rows)


@keys.command("revoke")
@click.argument("tenant")
@click.argument("key")
def revoke_key(tenant: str, key: str) -> None:
    """End a key."""
    from gateway.launch import administration as office

    for row in office.run(from_environment(), lambda rooms: office.revoke_key(rooms, tenant, key)):
        click.echo(" ".join(row))


@main.group()
def vault() -> None:
    """Keys that encrypt tokens and secrets."""


@vault.command("rotate")
def rotate_vault() -> None:
    """Make a new master key and wrap every tenant's key under it."""
    from gateway.launch import administration as office

    click.echo(office.run(from_environment(), office.rotate_vault))


@main.group()
def jobs() -> None:
    """Durable work: what waits, and what was given up."""


@jobs.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["queued", "handed", "running", "done", "parked", "cancelled"]),
    help="Only these; several times.",
)
def list_jobs(states: tuple[str, ...]) -> None:
    """Show jobs of all tenants, the newest last."""
    from gateway.launch import administration as office

    rows = office.run(from_environment(), lambda rooms: office.list_jobs(rooms, states))
    _table(("id", "tenant", "kind", "subject", "state", "attempts", "since", "reason"), rows)


@jobs.command("replay")
@click.argument("job")
def replay_job(job: str) -> None:
    """Begin a parked job anew, with all its attempts."""
    from gateway.launch import administration as office

    office.run(from_environment(), lambda rooms: office.replay_job(rooms, job))
    click.echo(f"{job}  queued")


@main.group()
def audit() -> None:
    """The trails of who did what."""


@audit.command("verify")
@click.argument("tenant", required=False)
@click.option(
    "--heads", type=click.File("r"), help="Heads of former days, from kontor audit heads, kept elsewhere."
)
def verify_audit(tenant: str | None, heads: Any) -> None:
    """Go over every trail, or TENANT's alone; ends with 1 when one was tampered with."""
    from gateway.launch import administration as office

    kept = heads.read() if heads else ""
    told = office.run(from_environment(), lambda rooms: office.verify_audit(rooms, tenant, kept))
    rows = [
        (one, str(length), "whole" if position is None else f"BROKEN at entry {position}")
        for one, length, position in told
    ]
    _table(("trail", "entries", ""), rows)
    sys.exit(1 if any(position is not None for _, _, position in told) else 0)


@audit.command("heads")
def audit_heads() -> None:
    """Print the end of every trail, signed: keep it where nobody who reaches the database can change it."""
    from gateway.launch import administration as office

    click.echo(office.run(from_environment(), office.audit_heads), nl=False)


@audit.command("export")
@click.argument("tenant")
@click.argument("file", type=click.Path(path_type=Path))
def export_audit(tenant: str, file: Path) -> None:
    """Write a TENANT's trail and write journal to FILE, signed: to hand over, or before it is erased."""
    from gateway.launch import administration as office
    from gateway.launch import erasing

    made = office.run(from_environment(), lambda rooms: erasing.export_records(rooms, tenant, file))
    click.echo(f"{file}  {made.entries} entries, {made.writes} writes, sha256 {made.sha256}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy the database to FILE while gateways go on. Keep a copy of the key file too, elsewhere."""
    from gateway.launch import administration as office
    from gateway.launch import backup as backups

    office.run(from_environment(), lambda rooms: backups.back_up(rooms, file))
    click.echo(f"{file}  bring it back as kontor.db in the data directory, while nothing runs there")


@main.group()
def recovery() -> None:
    """What is done after a backup was brought back."""


@recovery.command("begin")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]),
    help="The time of the backup in UTC, e.g. 2026-11-20T03:00:00Z.",
)
def begin_recovery(since: datetime) -> None:
    """Say that PostgreSQL was brought back to a time before now, while no gateway runs."""
    from gateway.launch import administration as office
    from gateway.launch import backup as backups

    office.run(from_environment(), lambda rooms: backups.begin(rooms, since.replace(tzinfo=UTC)))
    click.echo("writes wait until a gateway has looked at every connection")


@recovery.command("status")
def recovery_status() -> None:
    """Show every restore, and since when writes are taken again."""
    from gateway.launch import administration as office
    from gateway.launch import backup as backups

    rows = office.run(from_environment(), backups.restores)
    _table(("backup of", "restored", "writes since", "to be connected again"), rows)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Aligned by spaces and never cut: ids are there to be copied, and other programs read this too."""
    lines = [columns, *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if len(lines) == 1:
        click.echo("none", err=True)


def _checkout() -> Path:
    if (ROOT / "pyproject.toml").exists():
        return ROOT
    raise LaunchError("this command works on a checkout, and Kontor is installed without one")


def _become(*arguments: str) -> NoReturn:
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main(prog_name="kontor")
