"""The command line. Commands import what they need when they run: `kontor --help` stays quick."""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import rich_click as click

from gateway.launch import LaunchError
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


@main.command(context_settings=THROUGH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def twin(arguments: tuple[str, ...]) -> None:
    """Start the Lexware twin alone."""
    _become("-P", "-m", "sandbox.lexoffice", *arguments)


@main.command(context_settings=THROUGH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests; further arguments go to pytest, paths count from the checkout."""
    from gateway.launch.suite import pytest_arguments

    os.chdir(ROOT)
    _become("-m", "pytest", *pytest_arguments(), *arguments)


@main.command()
def check() -> None:
    """Run lint, types, import contracts, freshness of generated files; report sizes."""
    from gateway.launch.checks import run_all

    sys.exit(0 if run_all(ROOT) else 1)


@main.command()
def openapi() -> None:
    """Write the files that follow from the code: openapi/*.json, .env.example."""
    from gateway.launch import freshness

    for name in freshness.write(ROOT) or ["nothing: all are fresh"]:
        click.echo(f"wrote {name}")


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    import asyncio

    from gateway.persistence.migrate import migrate

    asyncio.run(migrate(from_environment().database_url))


def _become(*arguments: str) -> NoReturn:
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main(prog_name="kontor")
