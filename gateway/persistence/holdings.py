"""What each table is kept for, how long, and of which class each column is. Nothing is stored undeclared.

Erasure, the nightly clean-up and the page on retention are loops over this. A column that is in no class
fails a test.
"""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Table

from gateway.persistence import tables as t

CLASSES: Mapping[str, str] = {
    "identity": "Kontor's own names of things: ids, and what is found by them.",
    "credential": "Secrets, sealed with the tenant's data key, and keyed hashes of what is shown once.",
    "personal": "What people and companies are called, and addresses of the tenant's own.",
    "business": "What is in the end customer's books, and the accounting system's names for it.",
    "operational": "States, clocks and counts.",
    "evidence": "Who did what, and what proves it.",
}

TENANT = "as long as the tenant"
CONNECTION = "as long as the connection keeps a replica"


class Holding(Struct, frozen=True, kw_only=True):
    """One table."""

    table: Table
    why: str
    columns: Mapping[str, str]
    """By class, names separated by blanks."""
    until: str = ""
    """How long, where that is no number of days."""
    days: int | None = None
    shortest: int | None = None
    """So many days or more may be chosen instead; None: the period is part of how Kontor works."""
    since: str = ""
    """The column from which the days are counted."""
    only: ColumnElement[bool] | None = None
    """Rows for which they count; the others stay."""
    within: str = ""
    """Column that names the row of another table, with which this one goes: `batch_id`."""
    of_copy: bool = False
    """Whether it goes with the copy of a connection's books."""
    outlives: bool = False
    """Whether it stays when its tenant is erased: it then holds nothing of anybody."""

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def age(self) -> timedelta:
        """How long rows are kept. Raises ValueError where that is no number of days."""
        if self.days is None:
            raise ValueError(f"rows of {self.name} do not end by their age")
        return timedelta(days=self.days)

    @property
    def parent(self) -> Table:
        """The table of the row with which one of this table goes."""
        (key,) = self.table.c[self.within].foreign_keys
        return key.column.table

    def classes(self) -> dict[str, str]:
        """Each column's class; a column that is named twice has the later one."""
        return {name: kind for kind, names in self.columns.items() for name in names.split()}

    def of_class(self, kind: str) -> list[str]:
        return self.columns.get(kind, "").split()


def _holdings(*holdings: Holding) -> dict[str, Holding]:
    return {holding.name: holding for holding in holdings}


def _columns(**classes: str) -> dict[str, str]:
    return classes


OWNER = "tenant_id environment"
OF_CONNECTION = f"{OWNER} connection_id"

HOLDINGS: Mapping[str, Holding] = _holdings(
    # --- tenants -------------------------------------------------------------------------------------------
    Holding(
        table=t.tenants,
        why="Who uses this gateway.",
        until="until the tenant is erased",
        columns=_columns(identity="id", personal="name", operational="created_at"),
    ),
    Holding(
        table=t.api_keys,
        why="Which programs may call; revoked ones, so that entries of the trail name something.",
        until=TENANT,
        columns=_columns(
            identity=f"id {OWNER}",
            personal="name",
            credential="digest ending",
            operational="scopes created_at expires_at revoked_at last_used_at",
        ),
    ),
    Holding(
        table=t.return_urls,
        why="Where browsers may be sent after connecting.",
        until="until it is removed",
        columns=_columns(identity=f"id {OWNER}", personal="url", operational="created_at"),
    ),
    Holding(
        table=t.connections,
        why="The link to one end customer's accounting system.",
        until=TENANT,
        columns=_columns(
            identity=f"id {OWNER}",
            personal="label customer_reference identity",
            credential="account_key_digest",
            operational=(
                "target credential_kind state state_since state_reason account_key_at marks_writes "
                "keeps_replica vendor_events vendor_events_reason created_at"
            ),
        ),
    ),
    # --- credentials ---------------------------------------------------------------------------------------
    Holding(
        table=t.tenant_data_keys,
        why="Opens what is sealed of a tenant; wrapped by a key outside the database.",
        until="until the tenant is erased, which destroys it",
        columns=_columns(identity="id tenant_id master_id", credential="wrapped", operational="created_at"),
    ),
    Holding(
        table=t.partner_apps,
        why="The tenant's own client at an accounting system.",
        until="until it is removed",
        columns=_columns(
            identity="tenant_id target client_id", credential="secret_sealed", operational="scopes updated_at"
        ),
    ),
    Holding(
        table=t.credentials,
        why="The end customer's grant or API key.",
        until="until the connection is ended",
        columns=_columns(
            identity="connection_id tenant_id",
            credential="sealed previous_sealed",
            operational=("generation expires_at stored_at renew_at resting_until rested_at failing refused"),
        ),
    ),
    # --- onboarding ----------------------------------------------------------------------------------------
    Holding(
        table=t.exchange_codes,
        why="One-time codes for account keys.",
        days=30,
        since="expires_at",
        within="session_id",
        columns=_columns(
            identity=f"{OF_CONNECTION} session_id",
            credential="code_hash",
            operational="created_at expires_at used_at",
        ),
    ),
    Holding(
        table=t.connect_sessions,
        why="An end customer on the way to a connection; later, what came of it.",
        days=30,
        since="expires_at",
        columns=_columns(
            identity=f"id {OF_CONNECTION}",
            personal="return_url label customer_reference",
            credential="link_hash state_hash browser_hash verifier_sealed",
            operational=(
                "target accept_other_organization method attempts created_at expires_at opened_at "
                "finished_at outcome state_expires_at"
            ),
        ),
    ),
    # --- writes --------------------------------------------------------------------------------------------
    Holding(
        table=t.write_journal,
        why="So that nothing is booked twice: every write, its outcome, and for repetitions its answer.",
        days=30,
        since="settled_at",
        only=t.write_journal.c.state.in_(("confirmed", "rejected")),
        columns=_columns(
            identity=f"id {OF_CONNECTION}",
            business="upstream_id answer_sealed asked_sealed tape_sealed candidates_sealed",
            evidence=(
                "method route idempotency_key fingerprint resource operation request_id actor call_digest"
            ),
            operational=(
                "state generation lease_until answer_status created_at sent_at settled_at unknown_since "
                "look_at looks resends reason"
            ),
        ),
    ),
    Holding(
        table=t.recoveries,
        why="Which backups this database was brought back from.",
        until="for good",
        outlives=True,
        columns=_columns(identity="id", operational="backup_at restored_at opened_at lost"),
    ),
    # --- replica -------------------------------------------------------------------------------------------
    Holding(
        table=t.replica_states,
        why="What is known of each resource of a copy as a whole.",
        until=CONNECTION,
        of_copy=True,
        columns=_columns(
            identity="tenant_id connection_id resource",
            operational="sequence held stale stale_at as_of late_at shape",
        ),
    ),
    Holding(
        table=t.replica_rows,
        why="The copy of the end customer's books that the tenant has asked for; tombstones of what is gone.",
        until=CONNECTION,
        days=90,
        shortest=90,
        since="gone_at",
        of_copy=True,
        columns=_columns(
            identity="tenant_id connection_id resource",
            business=" ".join(
                (
                    "id version standing row_digest words currency document raw",
                    *(f"key_{number}" for number in range(1, t.REPLICA_KEYS + 1)),
                    *(f"sum_{number}" for number in range(1, t.REPLICA_SUMS + 1)),
                )
            ),
            operational=(
                "sealed vendor_at read_at changed_at gone_at stale_at late_at untold seen_at sequence shape"
            ),
        ),
    ),
    Holding(
        table=t.replica_syncs,
        why="Where passes over an accounting system's lists stand.",
        until=CONNECTION,
        of_copy=True,
        columns=_columns(
            identity="tenant_id connection_id resource",
            business="continuation rows error",
            operational=(
                "phase whole begun_at since sealed capped round pages round_at settled_at doubtful listed "
                "total calls created updated deleted failures asked_at whole_at ended_at due_at"
            ),
        ),
    ),
    Holding(
        table=t.inbound_events,
        why="So that what accounting systems tell is followed once.",
        days=30,
        shortest=8,
        since="received_at",
        only=t.inbound_events.c.settled_at.is_not(None),
        of_copy=True,
        columns=_columns(
            identity=f"id {OF_CONNECTION}",
            business="resource_id reason",
            operational="type at received_at state attempts due_at settled_at",
        ),
    ),
    # --- events --------------------------------------------------------------------------------------------
    Holding(
        table=t.events,
        why="The change feed: what changed, without what it says.",
        days=90,
        shortest=90,
        since="occurred_at",
        columns=_columns(
            identity=f"id {OF_CONNECTION} position",
            business="resource resource_id version changed",
            operational="type sequence ordinal occurred_at",
        ),
    ),
    Holding(
        table=t.feeds,
        why="How far each change feed goes.",
        until=TENANT,
        columns=_columns(identity=OWNER, operational="last purged"),
    ),
    # --- webhooks ------------------------------------------------------------------------------------------
    Holding(
        table=t.webhook_endpoints,
        why="Where the tenant wants to be told.",
        until="until it is removed",
        columns=_columns(
            identity=f"id {OWNER}",
            personal="url description",
            operational=(
                "event_types connection_ids resources payload begins_after failing_since resting_until "
                "disabled_at disabled_reason created_at"
            ),
        ),
    ),
    Holding(
        table=t.webhook_secrets,
        why="Signs deliveries.",
        until="until it is rotated out, or its endpoint removed",
        columns=_columns(
            identity="id tenant_id endpoint_id", credential="sealed", operational="created_at ends_at"
        ),
    ),
    Holding(
        table=t.webhook_positions,
        why="How far a tenant's endpoints have been told.",
        until=TENANT,
        columns=_columns(identity=OWNER, operational="position"),
    ),
    Holding(
        table=t.webhook_deliveries,
        why="What was or is to be delivered; for replays.",
        days=30,
        shortest=30,
        since="created_at",
        columns=_columns(
            identity="id tenant_id endpoint_id event_id",
            operational="event_type state step attempts due_at claim occurred_at created_at finished_at",
        ),
    ),
    Holding(
        table=t.webhook_attempts,
        why="What endpoints answered, so that their owner finds the mistake.",
        until="with its delivery",
        within="delivery_id",
        columns=_columns(
            identity="delivery_id tenant_id number",
            business="answer",
            operational="at duration_ms status reason",
        ),
    ),
    # --- jobs ----------------------------------------------------------------------------------------------
    Holding(
        table=t.jobs,
        why="Work that is to be done; what is over, to be looked at. Parked ones wait for somebody.",
        days=30,
        since="finished_at",
        only=t.jobs.c.state.in_(("done", "cancelled")),
        columns=_columns(
            identity=f"id {OF_CONNECTION} subject",
            operational=(
                "kind state round attempts reason executor_id created_at due_at changed_at finished_at"
            ),
        ),
    ),
    Holding(
        table=t.executors,
        why="Which workers live.",
        until="until a worker stops, or has been silent",
        outlives=True,
        columns=_columns(identity="id", operational="started_at seen_at"),
    ),
    Holding(
        table=t.batch_items,
        why="What a batch was asked to write, until it is written; then its answers.",
        until="with its batch",
        within="batch_id",
        columns=_columns(
            identity="batch_id position tenant_id operation_id",
            business="asked_sealed answer_sealed",
            operational=(
                "resource operation idempotency_key state paced started_at finished_at due_at status"
            ),
        ),
    ),
    Holding(
        table=t.batches,
        why="Many writes under one name.",
        days=30,
        since="finished_at",
        columns=_columns(
            identity=f"id {OF_CONNECTION} job_id key_id",
            evidence="idempotency_key fingerprint",
            operational="scopes state reason total created_at started_at finished_at",
        ),
    ),
    # --- telemetry of callers ------------------------------------------------------------------------------
    Holding(
        table=t.request_log,
        why="The tenant's own calls, without bodies.",
        days=90,
        shortest=1,
        since="at",
        columns=_columns(
            identity=f"id {OF_CONNECTION} key_id request_id",
            business="path_id",
            operational="at method route status code duration_ms upstream_calls upstream_trace_ids",
        ),
    ),
    Holding(
        table=t.request_counts,
        why="How many requests each key made in this minute.",
        until="counted anew each minute",
        columns=_columns(identity="key", operational="window used"),
    ),
    # --- audit ---------------------------------------------------------------------------------------------
    Holding(
        table=t.audit_events,
        why="Who did what: part of the taxpayer's trail, as the systems that feed books are.",
        days=3653,
        shortest=3653,
        since="at",
        columns=_columns(
            identity=f"{OWNER} sequence object_type object_id request_id",
            evidence="at actor action detail previous hash",
        ),
    ),
    Holding(
        table=t.audit_heads,
        why="Where each trail ends.",
        until="for good",
        outlives=True,
        columns=_columns(identity="tenant_id", evidence="sequence hash"),
    ),
    Holding(
        table=t.audit_starts,
        why="Where each trail begins whose first entries are kept no longer, signed.",
        until="for good",
        outlives=True,
        columns=_columns(identity="tenant_id", evidence="sequence hash at signature"),
    ),
    Holding(
        table=t.erasures,
        why="That a tenant was erased: the certificate, which names nobody.",
        until="for good",
        outlives=True,
        columns=_columns(identity="id tenant_id", evidence="erased_at certificate"),
    ),
    # --- upstream ------------------------------------------------------------------------------------------
    Holding(
        table=t.scheduler_slots,
        why="When the next call of a connection may leave.",
        days=1,
        since="used_us",
        columns=_columns(identity="key", operational="line used_us"),
    ),
)
