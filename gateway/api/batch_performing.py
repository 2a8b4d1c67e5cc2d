"""Carries an item of a batch out through the handler that answers the same request at the door."""

import msgspec
from msgspec import Struct

from connectors.base.errors import KontorError, ReconnectNeeded, WrittenButNotRead
from gateway.api.again import rebuilding
from gateway.api.envelope import render
from gateway.api.problems import from_framework, problem_parts
from gateway.api.rooms import Rooms
from gateway.jobs.batches import REPEATED_AFTER_S, Outcome, PerformItem
from gateway.telemetry.log import fault
from gateway.tenants.model import Connection
from gateway.upstream.schedule import Lane
from gateway.writes.journal import OPERATION_HEADER
from gateway.writes.rows import NEEDS_DECISION

REPEATABLE = ("same_key", "after_delay")


class Problem(Struct):
    """What is looked at in a kept one."""

    code: str


PROBLEM = msgspec.json.Decoder(Problem)


def performing(rooms: Rooms) -> PerformItem:
    """What carries a kept item out, through the same handler as a request."""
    rebuild = rebuilding(rooms)

    async def perform(connection: Connection, kept: bytes) -> Outcome:
        call = rebuild(connection, kept)
        call.lane = Lane.BACKFILL
        try:
            if call.endpoint.gate is not None:
                call.endpoint.gate(call)
            status, headers, body = render(call.endpoint, await call.endpoint.handler(call), call.request_id)
        except Exception as exception:
            error = exception if isinstance(exception, KontorError) else from_framework(exception)
            if error.status == 500:
                fault(exception, request_id=call.request_id, route=call.endpoint.path)
            return _failed(error, call.request_id)
        operation_id = dict(headers).get(OPERATION_HEADER)
        return Outcome(status=status, body=body, operation_id=operation_id, booked=_booked(status, body))

    return perform


def _booked(status: int, body: bytes) -> bool:
    """Whether a kept answer tells of something that is there, though it could never be read back."""
    return status < 400 or PROBLEM.decode(body).code == WrittenButNotRead.code


def _failed(error: KontorError, request_id: str) -> Outcome:
    status, headers, body = problem_parts(error, request_id)
    repeat = error.retry in REPEATABLE and status != 500
    return Outcome(
        status=status,
        body=body,
        operation_id=dict(headers).get(OPERATION_HEADER),
        repeat_after_s=(error.retry_after_s or REPEATED_AFTER_S) if repeat else None,
        cut_off=isinstance(error, ReconnectNeeded),
        undecided=error.extra.get("state") == NEEDS_DECISION,
    )
