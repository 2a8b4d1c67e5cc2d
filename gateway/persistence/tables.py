"""Every table, by room. Ids are strings of ours, instants are UTC, secrets are hashed or sealed."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.persistence.instants import Instant

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def tenant(**more: Any) -> Column[str]:
    return Column("tenant_id", String, ForeignKey("tenants.id"), nullable=False, **more)


def environment() -> Column[str]:
    """`test` or `live`."""
    return Column("environment", String, nullable=False)


# --- tenants -----------------------------------------------------------------------------------------------

tenants = Table(
    "tenants",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(index=True),
    environment(),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),  # separated by blanks
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("ending", String, nullable=False),  # the last characters, so that a person tells keys apart
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
)

return_urls = Table(
    "return_urls",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("url", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("tenant_id", "environment", "url"),
)

connections = Table(
    "connections",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("target", String, nullable=False),
    Column("credential_kind", String, nullable=False),  # oauth, api_key
    Column("state", String, nullable=False),
    Column("state_since", Instant, nullable=False),
    Column("state_reason", Text),
    Column("label", String),
    Column("customer_reference", String),
    Column("identity", Text),  # JSON of connectors.base.connector.Identity
    Column("account_key_digest", LargeBinary, unique=True),
    Column("account_key_at", Instant),
    Column("marks_writes", Boolean, nullable=False, server_default=text("false")),
    Column("keeps_replica", Boolean, nullable=False, server_default=text("false")),
    Column(
        "vendor_events", String, nullable=False, server_default=text("'none'")
    ),  # subscribed, refused, none
    Column("vendor_events_reason", Text),
    Column("created_at", Instant, nullable=False),
    Index("ix_connections_page", "tenant_id", "environment", "id"),
)

# --- credentials -------------------------------------------------------------------------------------------

tenant_data_keys = Table(
    "tenant_data_keys",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(index=True),
    Column("master_id", String, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

partner_apps = Table(
    "partner_apps",
    METADATA,
    tenant(),
    Column("target", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by blanks; empty: the connector's own
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("tenant_id", "target"),
)

credentials = Table(
    "credentials",
    METADATA,
    Column("connection_id", String, ForeignKey("connections.id"), primary_key=True),
    tenant(index=True),
    Column(
        "generation", Integer, nullable=False
    ),  # grows with every change; a writer that saw an older one is late
    Column("sealed", LargeBinary),  # grant or API key; null: deleted
    Column("previous_sealed", LargeBinary),  # the grant before the last refresh
    Column("expires_at", Instant),
    Column("stored_at", Instant, nullable=False),
    Column("renew_at", Instant, index=True),  # drawn when it was stored, so that renewals spread out
    Column("resting_until", Instant),  # after a failed refresh nobody asks again before then
    Column("rested_at", Instant),  # but from then on a worker may who knows that the server is back
    Column("failing", Text),  # JSON of gateway.credentials.failing.Failing
    Column("refused", String),  # the vendor's final word on this grant or key
)

# --- onboarding --------------------------------------------------------------------------------------------

connect_sessions = Table(
    "connect_sessions",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(index=True),
    environment(),
    Column("target", String, nullable=False),
    Column("return_url", String, nullable=False),
    Column("label", String),
    Column("customer_reference", String),
    Column("connection_id", String, ForeignKey("connections.id"), index=True),  # a reconnect, or the outcome
    Column("accept_other_organization", Boolean, nullable=False, server_default=text("false")),
    Column("method", String),  # oauth, api_key; null: the end customer chooses
    Column("attempts", Integer, nullable=False, server_default=text("0")),  # API keys tried
    Column("link_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Column("finished_at", Instant),
    Column("outcome", String),
    Column("state_hash", LargeBinary, unique=True),
    Column("state_expires_at", Instant),
    Column("browser_hash", LargeBinary),
    Column("verifier_sealed", LargeBinary),
)

exchange_codes = Table(
    "exchange_codes",
    METADATA,
    Column("code_hash", LargeBinary, primary_key=True),
    tenant(index=True),
    environment(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False, index=True),
    Column("session_id", String, ForeignKey("connect_sessions.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

# --- writes ------------------------------------------------------------------------------------------------

write_journal = Table(
    "write_journal",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False, index=True),
    environment(),
    Column("method", String, nullable=False),
    Column("route", String, nullable=False),
    Column("idempotency_key", String),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("resource", String, nullable=False),
    Column("operation", String, nullable=False),
    Column("state", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("request_id", String, nullable=False),
    Column("upstream_id", String),
    Column("answer_status", Integer),
    Column("answer_sealed", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),  # when a call of it left last
    Column("settled_at", Instant),
    Column("actor", String),  # the API key that asked
    Column("asked_sealed", LargeBinary),  # the request, to be carried out again; null once settled
    Column("tape_sealed", LargeBinary),  # its calls and what came back; null once settled
    Column("call_digest", LargeBinary),  # of the creating call that has no clear answer
    Column("unknown_since", Instant),
    Column("look_at", Instant),  # when to look at the vendor again
    Column("looks", Integer, nullable=False, server_default=text("0")),
    Column("resends", Integer, nullable=False, server_default=text("0")),
    Column("reason", String),  # why a person has to decide
    Column("candidates_sealed", LargeBinary),  # among what
    UniqueConstraint(
        "tenant_id",
        "connection_id",
        "environment",
        "method",
        "route",
        "idempotency_key",
        name="uq_write_journal_key",
    ),
    Index("ix_write_journal_unsettled", "state", "lease_until"),
    Index("ix_write_journal_page", "tenant_id", "environment", "id"),
    Index("ix_write_journal_upstream", "connection_id", "upstream_id"),
    # Two creates with the same content would be told apart by nothing, were both without an answer.
    Index("uq_write_journal_pending", "connection_id", "call_digest", unique=True),
)

# Backups that this database was made from, and may have been brought back from. In a backup itself
# `restored_at` is null: whoever finds it so knows that what happened since is missing.
recoveries = Table(
    "recoveries",
    METADATA,
    Column("id", String, primary_key=True),
    Column("backup_at", Instant, nullable=False),
    Column("restored_at", Instant),
    Column("opened_at", Instant),  # since when writes are taken again
    Column("lost", Integer),  # connections that have to be connected again
)

# --- replica -----------------------------------------------------------------------------------------------

REPLICA_SORTS, REPLICA_KEYS = 4, 12
"""So many keys of a row have an index to sort by, and so many there are in all (gateway.replica.keys)."""

REPLICA_SUMS = 4
"""So many amounts of a row can be summed (gateway.replica.sums)."""

Sortable = String().with_variant(String(collation="C"), "postgresql")
"""Text that sorts by code points on both databases."""

replica_states = Table(
    "replica_states",
    METADATA,
    tenant(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False, index=True),
    Column("resource", String, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of the last change to any of its rows
    Column("held", Integer, nullable=False),  # objects, without those that are gone
    Column("stale", Integer, nullable=False),  # rows that are known to be behind
    Column("stale_at", Instant),  # what was read before is behind: something was written that names no object
    Column("as_of", Instant),  # everything that the vendor had then is here; null: not complete
    Column("shape", String),  # of the keys, when it was completed
    Column("late_at", Instant),  # none of its rows turns overdue before; null: none is going to
    PrimaryKeyConstraint("tenant_id", "connection_id", "resource"),
    Index(
        "ix_replica_states_late",
        "late_at",
        sqlite_where=text("late_at IS NOT NULL"),
        postgresql_where=text("late_at IS NOT NULL"),
    ),
)

replica_rows = Table(
    "replica_rows",
    METADATA,
    tenant(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False, index=True),
    Column("resource", String, nullable=False),
    Column("id", Sortable, nullable=False),  # the vendor's
    Column("sealed", Boolean, nullable=False),
    Column("version", String),
    Column("vendor_at", Instant),  # the vendor's clock: last changed
    Column("read_at", Instant, nullable=False),  # our clock, before the vendor was asked
    Column("changed_at", Instant, nullable=False),  # vendor_at, or when we first saw it so
    Column("gone_at", Instant),  # when it was found to be gone: a tombstone
    Column("stale_at", Instant),  # what was read before is behind: it was written to
    Column("untold", String, nullable=False),  # fields that its source does not tell, separated by blanks
    Column("row_digest", String),  # of the list's row that it was read by; null: read without one
    Column("seen_at", Instant),  # begin of the last pass over the list that found it
    Column("standing", String),  # JSON: state, payment, lateness, each as it was told last
    Column("late_at", Instant),  # when it turns overdue; null: it is so, or never will be
    Column("sequence", BigInteger, nullable=False),
    Column("shape", String, nullable=False),
    *(Column(f"key_{number}", Sortable, nullable=False) for number in range(1, REPLICA_KEYS + 1)),
    Column("words", String, nullable=False, server_default=text("''")),  # what is searched
    Column("currency", String),
    *(Column(f"sum_{number}", BigInteger) for number in range(1, REPLICA_SUMS + 1)),  # in hundredths
    # Last, since SQLite goes through a row to find a column.
    Column("document", LargeBinary),  # unified JSON, sealed where `sealed`; null: gone, or not read yet
    Column("raw", LargeBinary),  # the vendor's JSON, likewise
    PrimaryKeyConstraint("tenant_id", "connection_id", "resource", "id"),
    Index("ix_replica_rows_changed", "tenant_id", "connection_id", "resource", "changed_at", "id"),
    Index(
        "ix_replica_rows_late",
        *("tenant_id", "connection_id", "resource", "late_at", "id"),
        sqlite_where=text("late_at IS NOT NULL"),
        postgresql_where=text("late_at IS NOT NULL"),
    ),
    *(
        Index(
            f"ix_replica_rows_key_{number}",
            *("tenant_id", "connection_id", "resource", f"key_{number}", "id"),
            sqlite_where=text("gone_at IS NULL"),
            postgresql_where=text("gone_at IS NULL"),
        )
        for number in range(1, REPLICA_SORTS + 1)
    ),
)

# Passes over lists: where each stands, what the last one came to, and when the next is due.
replica_syncs = Table(
    "replica_syncs",
    METADATA,
    tenant(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False, index=True),
    Column("resource", String, nullable=False),
    Column("phase", String, nullable=False),  # `idle` between passes
    Column("whole", Boolean, nullable=False),  # this pass goes over all, and finds what is gone
    Column("begun_at", Instant),  # of this pass, or of the last one
    Column("since", Instant),  # what changed before is not looked for
    Column("continuation", String),  # where the list goes on
    Column("rows", LargeBinary),  # of the list, that lead to objects which are still to be read
    Column("sealed", Boolean, nullable=False),
    Column("capped", Boolean, nullable=False),  # the vendor lists no further
    Column("round", Integer, nullable=False),  # so often the list was begun
    Column("pages", Integer, nullable=False),  # of this round
    Column("round_at", Instant),
    Column("settled_at", Instant),  # begin of the round before
    Column("doubtful", Boolean, nullable=False),  # something may have slipped through
    Column("listed", Integer, nullable=False),
    Column("total", Integer),  # by the vendor's count
    Column("calls", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("failures", Integer, nullable=False),  # since something succeeded
    Column("error", String),  # of the last failure; null: none since
    Column("asked_at", Instant),  # somebody wants it now
    Column("whole_at", Instant),  # begin of the last pass over all that came to its end
    Column("ended_at", Instant),  # of the last pass
    Column("due_at", Instant, nullable=False),
    PrimaryKeyConstraint("tenant_id", "connection_id", "resource"),
)

# What vendors told by calling us. It holds no content: an event names an object, which is then read.
inbound_events = Table(
    "inbound_events",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False),
    Column("type", String, nullable=False),  # in the vendor's words
    Column("resource_id", String, nullable=False),
    Column("at", Instant, nullable=False),  # the vendor's clock
    Column("received_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),  # to read what it names
    Column("due_at", Instant, nullable=False),  # not to be followed before
    Column("reason", Text),  # of the last failure, or why nothing is to be read
    Column("settled_at", Instant),
    UniqueConstraint("connection_id", "type", "resource_id", "at", name="uq_inbound_events_once"),
    Index(
        "ix_inbound_events_waiting",
        "connection_id",
        "due_at",
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    ),
    Index("ix_inbound_events_age", "received_at"),
)

# --- events ------------------------------------------------------------------------------------------------

events = Table(
    "events",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("position", BigInteger),  # in the feed of tenant and environment; null until somebody has read it
    Column("type", String, nullable=False),
    Column("connection_id", String, ForeignKey("connections.id"), index=True),
    Column("resource", String),
    Column("resource_id", String),
    Column("sequence", BigInteger),  # of the change, among those of its resource
    Column("ordinal", Integer, nullable=False),  # among the events of one change
    Column("version", String),
    Column("changed", Text),  # JSON: paths of fields
    Column("occurred_at", Instant, nullable=False),
    Index("uq_events_position", "tenant_id", "environment", "position", unique=True),
    Index(
        "ix_events_unread",
        "tenant_id",
        "environment",
        "id",
        sqlite_where=text("position IS NULL"),
        postgresql_where=text("position IS NULL"),
    ),
    Index("ix_events_age", "occurred_at"),
)

# The last position of each feed that was given, and the last one that was deleted for its age.
feeds = Table(
    "feeds",
    METADATA,
    tenant(),
    environment(),
    Column("last", BigInteger, nullable=False),
    Column("purged", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "environment"),
)

# --- webhooks ----------------------------------------------------------------------------------------------

webhook_endpoints = Table(
    "webhook_endpoints",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("url", String, nullable=False),
    Column("description", String),
    Column("event_types", Text, nullable=False),  # JSON: patterns; empty list: the default
    Column("connection_ids", Text, nullable=False),  # JSON; empty list: all
    Column("resources", Text, nullable=False),  # JSON; empty list: all
    Column("payload", String, nullable=False),  # full, ids
    Column("begins_after", BigInteger, nullable=False),  # the feed's position when it was made
    Column("failing_since", Instant),  # since its last success, or its first failure ever
    Column("resting_until", Instant),  # it asked for a pause
    Column("disabled_at", Instant),
    Column("disabled_reason", Text),
    Column("created_at", Instant, nullable=False),
    Index("ix_webhook_endpoints_page", "tenant_id", "environment", "id"),
)

webhook_secrets = Table(
    "webhook_secrets",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(index=True),
    Column("endpoint_id", String, ForeignKey("webhook_endpoints.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant),  # null: the current one
)

# How far the events of a tenant and environment have been told to its endpoints.
webhook_positions = Table(
    "webhook_positions",
    METADATA,
    tenant(),
    environment(),
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "environment"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(index=True),
    Column("endpoint_id", String, ForeignKey("webhook_endpoints.id"), nullable=False),
    Column("event_id", String, nullable=False),  # sent as webhook-id; tests have no row in events
    Column("event_type", String, nullable=False),
    Column("state", String, nullable=False),  # pending, delivered, failed, skipped
    Column("step", Integer, nullable=False),  # attempts since it was last put at the schedule's beginning
    Column("attempts", Integer, nullable=False),  # all of them
    Column("due_at", Instant),  # of the next attempt, or when a claim ends; null: none
    Column("claim", String),  # of the process that attempts it
    Column("occurred_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    UniqueConstraint("endpoint_id", "event_id"),
    Index("ix_webhook_deliveries_due", "endpoint_id", "state", "due_at"),
    Index("ix_webhook_deliveries_created", "created_at"),
)

webhook_attempts = Table(
    "webhook_attempts",
    METADATA,
    Column("delivery_id", String, ForeignKey("webhook_deliveries.id"), nullable=False),
    tenant(index=True),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer),  # null: there was no answer
    Column("reason", Text),  # why it failed; null: it did not
    Column("answer", Text),  # the beginning of what came back
    PrimaryKeyConstraint("delivery_id", "number"),
)

# --- jobs --------------------------------------------------------------------------------------------------

# The outbox: written in the transaction of whatever wants the work done, drained by workers.
jobs = Table(
    "jobs",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # id of what it is about; never what that holds
    Column("connection_id", String, ForeignKey("connections.id"), index=True),
    Column("state", String, nullable=False),
    Column("round", Integer, nullable=False),  # grows with each hand-over to the engine
    Column("attempts", Integer, nullable=False),  # begun since it last came to an orderly end
    Column("reason", Text),  # of its last failure
    Column("executor_id", String),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Index("ix_jobs_due", "state", "due_at"),
    Index("ix_jobs_page", "tenant_id", "environment", "id"),
)

executors = Table(
    "executors",
    METADATA,
    Column("id", String, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

batches = Table(
    "batches",
    METADATA,
    Column("id", String, primary_key=True),
    tenant(),
    environment(),
    Column("connection_id", String, ForeignKey("connections.id"), nullable=False),
    Column("job_id", String, nullable=False),  # of its last run; no foreign key: jobs are forgotten sooner
    Column("key_id", String, nullable=False),  # the API key that asked
    Column("scopes", String, nullable=False),  # what that key may do, separated by blanks
    Column("idempotency_key", String, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text),
    Column("total", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    UniqueConstraint("tenant_id", "environment", "connection_id", "idempotency_key", name="uq_batches_key"),
    Index("ix_batches_page", "tenant_id", "environment", "id"),
    Index("ix_batches_connection_id", "connection_id"),
)

batch_items = Table(
    "batch_items",
    METADATA,
    Column("batch_id", String, ForeignKey("batches.id"), nullable=False),
    Column("position", Integer, nullable=False),
    tenant(index=True),
    Column("resource", String, nullable=False),
    Column("operation", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("state", String, nullable=False),
    Column("asked_sealed", LargeBinary),  # the request; null once it is settled
    Column("paced", Boolean, nullable=False),  # whether the accounting system's fair use counts it
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("due_at", Instant, nullable=False),  # not before; later than at first when it has to be repeated
    Column("operation_id", String),
    Column("status", Integer),
    Column("answer_sealed", LargeBinary),  # the body of its answer
    PrimaryKeyConstraint("batch_id", "position"),
    Index("ix_batch_items_state", "batch_id", "state", "position"),
)

# --- telemetry of callers ----------------------------------------------------------------------------------

# No foreign keys: rows are written in bulk, after the answer, and outlive what they name.
request_log = Table(
    "request_log",
    METADATA,
    Column("id", String, primary_key=True),
    Column("tenant_id", String, nullable=False),
    environment(),
    Column("key_id", String, nullable=False),
    Column("connection_id", String),
    Column("at", Instant, nullable=False),
    Column("method", String, nullable=False),
    Column("route", String, nullable=False),
    Column("path_id", String),
    Column("status", Integer, nullable=False),
    Column("code", String),
    Column("duration_ms", Integer, nullable=False),
    Column("upstream_calls", Integer, nullable=False),
    Column("upstream_trace_ids", Text, nullable=False),  # JSON array of strings
    Column("request_id", String, nullable=False),
    Index("ix_request_log_page", "tenant_id", "environment", "id"),
    Index("ix_request_log_at", "at"),
)

request_counts = Table(
    "request_counts",
    METADATA,
    Column("key", String, primary_key=True),
    Column("window", BigInteger, nullable=False),  # number of the minute on the database's clock
    Column("used", Integer, nullable=False),
)

# --- audit -------------------------------------------------------------------------------------------------

# No foreign keys: the trail outlives what it speaks of.
audit_events = Table(
    "audit_events",
    METADATA,
    Column("tenant_id", String, nullable=False),
    Column("environment", String),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object_type", String, nullable=False),
    Column("object_id", String, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("request_id", String),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "sequence"),
)

audit_heads = Table(
    "audit_heads",
    METADATA,
    Column("tenant_id", String, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# Where a trail begins whose first entries are kept no longer: with the entry behind this one.
audit_starts = Table(
    "audit_starts",
    METADATA,
    Column("tenant_id", String, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
    Column("signature", LargeBinary, nullable=False),  # by the key file
)

# No foreign key: the tenant is gone.
erasures = Table(
    "erasures",
    METADATA,
    Column("id", String, primary_key=True),
    Column("tenant_id", String, nullable=False, index=True),
    Column("erased_at", Instant, nullable=False),
    Column("certificate", Text, nullable=False),  # JSON of gateway.privacy.certificates.Certificate
)

# --- upstream ----------------------------------------------------------------------------------------------

scheduler_slots = Table(
    "scheduler_slots",
    METADATA,
    Column("key", String, primary_key=True),
    Column("line", Text, nullable=False),  # as gateway.upstream.schedule.timeline writes it; database clock
    Column("used_us", BigInteger, nullable=False),
)
