"""Joins the rooms. Below this module everything receives what it needs."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from connectors import CONNECTORS
from connectors.base.connector import Connector
from connectors.base.errors import KontorError
from gateway import ambient as surroundings
from gateway.ambient import Ambient
from gateway.api.again import again
from gateway.api.batch_performing import performing
from gateway.api.problems import problem_parts
from gateway.api.refusals import Refusals
from gateway.api.request_log import RequestLog
from gateway.api.rooms import Rooms
from gateway.audit.log import record
from gateway.credentials.ahead import Ahead
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.due import DueRenewals
from gateway.credentials.keyring import Keyring
from gateway.credentials.partner_apps import PartnerApps
from gateway.credentials.steady import SteadyClock
from gateway.credentials.tokens import Tokens
from gateway.credentials.vault import Vault
from gateway.dispatch import Dispatcher
from gateway.dispatch.abilities import Abilities
from gateway.feed.changes import Changes
from gateway.feed.following import Following
from gateway.jobs.audit_heads import keep_heads
from gateway.jobs.batches import BatchRuns
from gateway.jobs.dbos_engine import DbosEngine
from gateway.jobs.engine import Engine, Upkeep
from gateway.jobs.jobs import Jobs
from gateway.jobs.kinds import PATIENT, all_kinds
from gateway.jobs.upkeep import all_upkeep
from gateway.onboarding import Onboarding
from gateway.persistence.database import Database
from gateway.persistence.periods import Periods, periods_of
from gateway.persistence.shared_clock import clock_of
from gateway.reconcile.reconciler import Reconciler
from gateway.reconcile.recovering import Recovery
from gateway.replica.contents import Contents
from gateway.replica.days import Days
from gateway.replica.store import Replica
from gateway.replica.sync.asking import begin_all
from gateway.replica.sync.synchronizer import Synchronizer
from gateway.replica.written import Written
from gateway.settings import Settings, SettingsError
from gateway.targets import Targets
from gateway.telemetry.calls import UpstreamCall
from gateway.telemetry.log import upstream_line
from gateway.telemetry.metrics import Metrics
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.keys import ApiKeys
from gateway.tenants.model import ENVIRONMENTS
from gateway.tenants.quotas import open_quotas
from gateway.tenants.return_urls import ReturnUrls
from gateway.upstream.dialling import Dialling, SystemDialling
from gateway.upstream.forms import FormClient
from gateway.upstream.schedule import Scheduler, open_scheduler
from gateway.upstream.transport import Transports
from gateway.upstream.wire import Upstream
from gateway.webhooks.inbound import asking
from gateway.webhooks.inbound.following import Follower
from gateway.webhooks.inbound.receiving import Receiver
from gateway.webhooks.inbound.signatures import Signatures
from gateway.webhooks.inbound.subscribing import Subscriber
from gateway.webhooks.outbound.addresses import Allowed, allowed_by
from gateway.webhooks.outbound.delivering import Delivering, Pace
from gateway.webhooks.outbound.disabling import Disabling
from gateway.webhooks.outbound.endpoints import Endpoints
from gateway.writes.journal import Journal, StoredAnswer
from schemas import RESOURCES
from schemas.base import Resource


def build_rooms(
    settings: Settings,
    ambient: Ambient | None = None,
    transports: Transports | None = None,
    connectors: tuple[Connector, ...] = CONNECTORS,
    resources: dict[str, Resource] = RESOURCES,
    database: Database | None = None,
    scheduler: Scheduler | None = None,
    dialling: Dialling | None = None,
) -> Rooms:
    """Every room of one process. Nothing is opened or sent before the first request.

    Where threads or sockets cannot be had, stand-ins for database, scheduler and dialling are handed in.
    """
    database = database or Database.open(settings.database_url)
    metrics = Metrics()
    ambient = ambient or surroundings.system(clock_of(database, metrics.host_clock))
    transports = transports or Transports(most=settings.requests_at_once)  # all may wait for one vendor
    targets = Targets(settings, connectors)
    keyring = Keyring.open(settings.vault_key_file, ambient)
    lookup = keyring.lookup()
    vault = Vault(database, keyring, ambient)
    partner_apps = PartnerApps(database, vault, ambient)
    connections = Connections(database, ambient, lookup)
    steady = replace(ambient, clock=SteadyClock(ambient.clock))
    tokens = Tokens(
        database=database,
        vault=vault,
        partner_apps=partner_apps,
        connections=connections,
        targets=targets,
        server=AuthorizationServer(targets, steady, settings, FormClient(transports)),
        ambient=steady,
        settings=settings,
    )
    scheduler = scheduler or open_scheduler(settings, ambient, database, metrics.degraded)
    upstream = Upstream(settings, ambient, targets, tokens, scheduler, transports, _noted_by(metrics))
    contents = Contents(vault, lookup, sealed_in(settings))
    replica = Replica(contents, resources, Changes(ambient, resources).on_changed)
    written = Written(replica).on_confirmed
    journal = Journal(database, ambient, vault, problem_of, written, settings.write_lease_s)
    directory = Directory(ambient)
    return_urls = ReturnUrls(ambient)
    dispatcher = Dispatcher(targets, upstream, journal, connections, database, ambient)
    signatures = Signatures(settings, targets)
    subscriber = Subscriber(database, ambient, settings, connections, dispatcher, signatures)
    reconciler = Reconciler(
        database=database,
        ambient=ambient,
        settings=settings,
        vault=vault,
        connections=connections,
        dispatcher=dispatcher,
        journal=journal,
        problem_of=problem_of,
        again=lambda *write: again_(*write),
    )
    journal.on_pending = reconciler.pursue
    rooms = Rooms(
        settings=settings,
        ambient=ambient,
        targets=targets,
        database=database,
        lookup=lookup,
        vault=vault,
        directory=directory,
        api_keys=ApiKeys(database, ambient, lookup),
        quotas=open_quotas(settings, ambient.clock, database),
        connections=connections,
        return_urls=return_urls,
        partner_apps=partner_apps,
        tokens=tokens,
        upstream=upstream,
        journal=journal,
        abilities=Abilities(targets),
        dispatcher=dispatcher,
        replica=replica,
        days=Days(database, ambient.clock, replica),
        following=Following(database, ambient.clock),
        synchronizer=Synchronizer(database, ambient, connections, dispatcher, replica),
        receiver=Receiver(database, ambient, targets, connections, signatures, metrics.vendor_event),
        follower=Follower(database, ambient, connections, dispatcher, replica),
        subscriber=subscriber,
        reconciler=reconciler,
        onboarding=Onboarding(
            database=database,
            ambient=ambient,
            settings=settings,
            targets=targets,
            lookup=lookup,
            vault=vault,
            tokens=tokens,
            partner_apps=partner_apps,
            directory=directory,
            connections=connections,
            return_urls=return_urls,
            upstream=upstream,
            record=record,
            unsubscribe=subscriber.remove,
        ),
        endpoints=Endpoints(ambient, vault),
        disabling=Disabling(ambient, record),
        dialling=dialling or SystemDialling(),
        webhooks_allowed=webhooks_allowed(settings),
        periods=retention_of(settings),
        request_log=RequestLog(database, ambient),
        refusals=Refusals(database, ambient, record),
        metrics=metrics,
        resources=resources,
        audit=record,
    )
    again_ = again(rooms)
    return rooms


def sealed_in(settings: Settings) -> frozenset[str]:
    """Environments whose replicas are sealed. Raises SettingsError for a name that is none."""
    named = frozenset(name.strip() for name in settings.replica_sealed.split(",") if name.strip())
    if not named <= {*ENVIRONMENTS}:
        known = " or ".join(ENVIRONMENTS)
        raise SettingsError(f"KONTOR_REPLICA_SEALED names environments: {known}, comma separated.")
    return named


def webhooks_allowed(settings: Settings) -> Allowed:
    """What the setting adds to public addresses. Raises SettingsError when it cannot be read."""
    try:
        return allowed_by(settings.webhook_allow)
    except ValueError as error:
        raise SettingsError(f"KONTOR_WEBHOOK_ALLOW: {error}.") from error


def retention_of(settings: Settings) -> Periods:
    """How long rows are kept. Raises SettingsError when the setting cannot be read, or is too short."""
    try:
        return periods_of(settings.retention_days)
    except ValueError as error:
        raise SettingsError(f"KONTOR_RETENTION_DAYS: {error}.") from error


def _noted_by(metrics: Metrics) -> Callable[[UpstreamCall], None]:
    """What is done with the record of each vendor call."""

    def note(call: UpstreamCall) -> None:
        upstream_line(call)
        metrics.upstream_call(call)

    return note


def problem_of(error: KontorError, request_id: str) -> StoredAnswer:
    """An error as the answer that is kept with an Idempotency-Key."""
    status, headers, body = problem_parts(error, request_id)
    return StoredAnswer(status=status, headers=tuple(headers), body=body)


def build_upkeep(rooms: Rooms) -> tuple[Upkeep, ...]:
    """What comes round in a process with these rooms."""
    return all_upkeep(
        rooms.database,
        rooms.ambient,
        Ahead(_due(rooms), rooms.tokens, rooms.tokens.clock),
        rooms.reconciler.run_due,
        partial(begin_all, rooms.database, rooms.ambient),
        partial(asking.begin_all, rooms.database, rooms.ambient),
        rooms.days.run,
        partial(keep_heads, rooms.database, rooms.lookup, rooms.ambient, Path(rooms.settings.data_dir)),
        rooms.lookup,
        rooms.periods,
    )


def _due(rooms: Rooms) -> DueRenewals:
    return DueRenewals(rooms.database, rooms.connections, timedelta(seconds=rooms.settings.refresh_margin_s))


def build_recovery(rooms: Rooms) -> Recovery:
    """What looks at every connection after a backup was restored."""
    return Recovery(rooms.database, rooms.ambient, _due(rooms), rooms.tokens)


def build_jobs(rooms: Rooms, engine: Engine | None = None) -> Jobs:
    """The durable work of this process; by DBOS unless `engine` is given."""
    settings, clock = rooms.settings, rooms.ambient.clock
    if engine is None:
        executor_id = rooms.ambient.ids.new("exe")
        engine = DbosEngine(
            settings.jobs_database_url, executor_id, clock, settings.job_poll_s, settings.jobs_at_once
        )
    batches = build_batches(rooms)
    jobs = Jobs(
        engine,
        rooms.database,
        rooms.ambient,
        all_kinds(rooms.onboarding.disconnect, batches, rooms.synchronizer, rooms.follower, rooms.subscriber),
        build_upkeep(rooms),
        poll_s=settings.job_poll_s,
        silence_s=settings.job_silence_s,
        sole=settings.embedded,
        patient=PATIENT,
        count_parked=rooms.metrics.parked_jobs,
    )
    for long in (batches, rooms.synchronizer, rooms.follower):
        long.told_to_stop = lambda: jobs.stopping
    return jobs


def build_batches(rooms: Rooms) -> BatchRuns:
    """What carries batches out in a process with these rooms."""
    return BatchRuns(
        rooms.database,
        rooms.ambient,
        rooms.vault,
        rooms.connections,
        performing(rooms),
        rooms.settings.documents_per_minute,
    )


def build_delivering(rooms: Rooms, pace: Pace | None = None) -> Delivering:
    """What delivers webhooks in a process with these rooms."""
    return Delivering(
        rooms.database,
        rooms.ambient,
        rooms.endpoints,
        rooms.disabling,
        rooms.replica,
        rooms.dialling,
        rooms.webhooks_allowed,
        pace or Pace(poll_s=rooms.settings.job_poll_s),
    )


async def close_rooms(rooms: Rooms) -> None:
    """Give back what was opened, in reverse."""
    await rooms.reconciler.drain()
    await rooms.journal.drain()
    await rooms.tokens.close()
    await rooms.upstream.scheduler.aclose()
    if rooms.quotas is not None:
        await rooms.quotas.aclose()
    await rooms.upstream.transports.aclose()
    await rooms.database.dispose()
