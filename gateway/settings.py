"""Settings: one struct, read once from variables named `KONTOR_` and the field's name in capitals."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

PREFIX = "KONTOR_"
STOP_COMES = signal.SIGUSR1
"""Tells a process that serves that it will be stopped in `stop_notice_s`."""
BALANCED_NOTICE_S = 5.0
"""Longer than balancers take to ask `/health/ready` again."""


class Settings(Struct, frozen=True, kw_only=True):
    """Every setting with its default. Times are in the unit their name says."""

    data_dir: str = ""
    """Directory for the database, keys and `demo.json`; default: `kontor` in the user's data directory."""
    host: str = "127.0.0.1"
    """Address the gateway listens on."""
    port: int = 8080
    """Port the gateway listens on; 0 takes a free one."""
    public_url: str = ""
    """Address under which browsers and callers reach this gateway; default: `http://{host}:{port}`."""
    database_url: str = ""
    """SQLAlchemy URL, `postgresql+psycopg://…` or `sqlite+aiosqlite:///…`; default: a file in `data_dir`."""
    jobs_database_url: str = ""
    """Database of the job engine; default: `jobs.db` in `data_dir`, or a schema of its own in PostgreSQL."""
    redis_url: str = ""
    """Redis that several processes share for rate limits; empty: PostgreSQL, or in process with SQLite."""
    vault_key_file: str = ""
    """File with the master keys, mode 0600; default: `vault.json` in `data_dir`, made when missing."""
    twin_url: str = ""
    """Address of the Lexware twin behind `lexoffice-sandbox`; empty: Lexware's own sandbox."""
    webhook_keys: str = ""
    """Files with the public keys (PEM) by which accounting systems' events are checked, as JSON:
    `{"lexoffice-sandbox": "/etc/kontor/events.pem"}`; default: the key that Kontor knows of the target."""
    target_hosts: str = ""
    """Overrides as JSON: `{"lexoffice": {"api": "https://…", "app": "https://…", "authorization": "https://…"}}`."""
    scheduler: bool = True
    """False sends calls without waiting for a slot; only for benchmarks against the twin."""
    slot_interval_ms: int = 503
    """Least time between two calls of one connection."""
    client_slot_interval_ms: int = 0
    """Least time between two calls of all connections of one partner app; 0: no limit of their own."""
    request_limit: int = 6000
    """Requests one API key may make a minute, over all processes; 0: no limit."""
    requests_at_once: int = 2000
    """Requests one process may have under way; more are refused at once with 503."""
    working_at_once: int = 256
    """So many of them may be at work here, neither waiting for a slot nor for a vendor."""
    deadline_s: float = 30.0
    """Longest time one request may take, waiting for slots included."""
    stop_notice_s: float = -1
    """So long a gateway that is told to stop still serves, but is not ready any more, so that balancers turn
    elsewhere; default: 5, with SQLite 0."""
    upstream_timeout_s: float = 35.0
    """Longest time one call to a vendor may take; above the vendor's own 30 s."""
    write_lease_s: float = 60.0
    """So long after its last sign of life the process that carries out a write is taken for dead."""
    reconcile_settle_s: float = 150.0
    """So long after a vendor can last have booked a write without an answer its lists are waited for, before
    one that they do not show is sent once more; above their lag."""
    token_timeout_s: float = 10.0
    """Longest time a token call may take, and requests wait for one."""
    token_late_s: float = 60.0
    """How much longer a renewal's answer is listened for: it may hold the only token that still works."""
    refresh_margin_s: int = 900
    """Access tokens are renewed so long before they expire."""
    replica_sealed: str = "live"
    """Environments, comma separated, in which documents of a replica are encrypted with the tenant's key, and
    numbers, names and addresses are kept as keyed hashes only: lists by them are then read live."""
    retention_days: str = ""
    """How many days rows of a table are kept, such as `request_log=30, events=180`, where not as usual;
    `kontor retention` shows for which it may be chosen, and from how many on."""
    documents_per_minute: int = 20
    """So many documents batches make or mail in a minute over one connection; Lexware's fair use."""
    job_poll_s: float = 1.0
    """How often a worker looks for jobs and webhooks that are due."""
    jobs_at_once: int = 10
    """Jobs that a worker runs at a time, and so many passes over connections' lists beside them. Both mostly
    wait for vendors: raise it where many connections are filled at once."""
    job_silence_s: float = 30.0
    """So long after its last sign of life a worker is taken for dead, and others take its jobs over."""
    webhook_allow: str = ""
    """`host:port` and networks, comma separated, that webhooks of the test environment may reach though they
    are no public addresses, over http too; such as `127.0.0.0/8` on a laptop."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    log_format: str = "json"
    """`json`: one object a line; `console`: for people."""
    metrics_port: int = -1
    """Port of `/metrics`, on `host`; -1: off, 0: a free one."""
    trusted_proxies: str = ""
    """Addresses or networks, comma separated, whose `Forwarded` headers are believed."""
    parent_fd: int = -1
    """Pipe of the process that started this one: the gateway ends when it closes."""

    @property
    def embedded(self) -> bool:
        """True when one process is all there is: SQLite, and jobs inside the gateway."""
        return self.database_url.startswith("sqlite")


def default_data_dir(environment: Mapping[str, str]) -> str:
    """`kontor` in the user's data directory of this platform."""
    if environment.get("XDG_DATA_HOME"):
        return str(Path(environment["XDG_DATA_HOME"]) / "kontor")
    home = Path(environment.get("HOME", "~")).expanduser()
    if sys.platform == "darwin":
        return str(home / "Library" / "Application Support" / "kontor")
    return str(home / ".local" / "share" / "kontor")


class SettingsError(ValueError):
    """A setting that does not fit; the message names the variable and says what to do."""


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings of this process, with defaults filled in.

    Raises:
        SettingsError: a value does not fit its type, or a `KONTOR_` variable is not known.
    """
    environment = os.environ if environment is None else environment
    given = {
        field.name: environment[PREFIX + field.name.upper()]
        for field in msgspec.structs.fields(Settings)
        if environment.get(PREFIX + field.name.upper(), "") != ""
    }
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting does not fit: {error}. Variables are named {PREFIX}…") from error
    return with_defaults(settings, environment)


def with_defaults(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The same with every derived default written out."""
    data_dir = settings.data_dir or default_data_dir(environment)
    database_url = settings.database_url or f"sqlite+aiosqlite:///{Path(data_dir) / 'kontor.db'}"
    jobs_url = (
        f"sqlite:///{Path(data_dir) / 'jobs.db'}" if database_url.startswith("sqlite") else database_url
    )
    notice_s = settings.stop_notice_s if settings.stop_notice_s >= 0 else BALANCED_NOTICE_S
    alone = settings.stop_notice_s < 0 and database_url.startswith("sqlite")
    return msgspec.structs.replace(
        settings,
        data_dir=data_dir,
        stop_notice_s=0.0 if alone else notice_s,
        public_url=(settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/"),
        database_url=database_url,
        jobs_database_url=settings.jobs_database_url or jobs_url,
        vault_key_file=settings.vault_key_file or str(Path(data_dir) / "vault.json"),
    )
