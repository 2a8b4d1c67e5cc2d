"""The twin: all state, and one function from request to outcome. No I/O, no time and no chance of its own."""

from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sandbox.lexoffice import access, agenda, errors, permalinks
from sandbox.lexoffice.bucket import Buckets
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.clock import Clock, Ids, RandomIds, RunningClock
from sandbox.lexoffice.errors import Bare, GatewayRefused, Refused
from sandbox.lexoffice.events import delivery, signing
from sandbox.lexoffice.faults import Fault, Faults, Match
from sandbox.lexoffice.hand import AppUser
from sandbox.lexoffice.keeping import parts_of, world_of
from sandbox.lexoffice.ledger import Ledger
from sandbox.lexoffice.oauth import endpoints as oauth
from sandbox.lexoffice.oauth.throttle import Throttle
from sandbox.lexoffice.operating import Operators
from sandbox.lexoffice.paper.cache import Papers
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.resources import templates, uploads
from sandbox.lexoffice.routes import ROUTES
from sandbox.lexoffice.routing import Route, Router
from sandbox.lexoffice.state import Connection, Event, World
from sandbox.lexoffice.wire import JSON, Outcome, Reply, Request

ROUTER = Router(ROUTES)
API = "/v1/"
PUBLIC_KEY_PATH = "/webhookSignature/public/public_key.pub"
DUE: agenda.Kinds = {
    "ocr": uploads.recognized,
    "deliver": delivery.become_due,
    "recurring": templates.execute,
}
"""What the tasks of the agenda do."""
KEPT_EVENTS = 10_000


class Twin(AppUser, Operators):
    """One emulated Lexware Office with any number of organizations.

    `handle` answers requests. What the app's user does is in `hand`, what operators do in `operating`,
    fate below; tests call these directly, other processes through the control API.
    """

    def __init__(
        self, clock: Clock | None = None, ids: Ids | None = None, quirks: Quirks | None = None
    ) -> None:
        self.clock: Clock = clock or RunningClock()
        self.ids: Ids = ids or RandomIds()
        self.quirks = quirks or Quirks()
        self.world = World(signing_key=self.ids.token(64))
        self.buckets = Buckets()
        self.throttle = Throttle()
        self.faults = Faults()
        self.ledger = Ledger()
        self.papers = Papers()
        self.answers: dict[str, bytes] = {}
        """Encoded sales documents by id, each kept until its next change."""
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.mishaps = delivery.Mishaps()
        self.due_deliveries: list[str] = []
        self.listed: dict[Any, tuple[int, Any]] = {}
        """Rows of the voucher list by organization and order, with the count of changes they belong to."""
        self.changes = 0
        """Counts what may have changed the books; a keeper of snapshots compares it."""

    # --- the wire -------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Outcome:
        self.catch_up()
        outcome = self._outcome(request)
        self._date(outcome.reply)
        return outcome

    def _outcome(self, request: Request) -> Outcome:
        fault = self.faults.take(request)
        if fault is not None and fault.before:
            unheard = Reply(0 if fault.kind == "drop_before" else fault.status)
            self._note(request, unheard.status, None, fault)
            return self._befall(fault, unheard, request)
        reply, connection = self._answer(request)
        self._note(request, reply.status, connection, fault)
        return Outcome(reply) if fault is None else self._befall(fault, reply, request)

    def refuse_size(self, request: Request) -> Reply:
        """413 of the gateway, which no resource hears of; `request` without its body."""
        reply = errors.gateway_reply(errors.of_gateway(413))
        reply.headers = (*reply.headers, *self._gateway_headers())
        self._note(request, reply.status, None, None)
        self._date(reply)
        return reply

    def _date(self, reply: Reply) -> None:
        """The time of its own clock, on every answer."""
        told = format_datetime(self.clock.now().astimezone(UTC), usegmt=True)
        reply.headers = (*reply.headers, ("date", told))

    def _befall(self, fault: Fault, reply: Reply, request: Request) -> Outcome:
        outcome = fault.befall(reply)
        if fault.own_answer and request.path.startswith(API):
            outcome.reply.headers = (*outcome.reply.headers, *self._gateway_headers())
        return outcome

    def _note(self, request: Request, status: int, by: Connection | None, fault: Fault | None) -> None:
        self.ledger.note(
            request,
            self.clock.now(),
            status,
            executed=status < 400 and not (fault is not None and fault.before),
            organization_id=by.organization_id if by else None,
            connection_id=by.id if by else None,
            fault=fault.kind if fault else None,
        )

    def _answer(self, request: Request) -> tuple[Reply, Connection | None]:
        if request.method not in ("GET", "HEAD"):
            self.changes += 1
        if not request.path.startswith(API):
            return self._outside_the_api(request), None
        connection: Connection | None = None
        dialect: errors.Dialect = "regular"
        amazon = self._gateway_headers()
        try:
            connection = access.connection_of(self.world, access.bearer(request), self.clock.now())
            self._demand_pace(connection)
            organization = self.world.organizations[connection.organization_id]
            if organization.lapsed:
                sentence = "The contract of the organization does not cover the API."
                raise errors.in_shape(self.quirks.lapsed_plan_shape, 402, sentence)
            route, ids = self._route(request)
            dialect = route.dialect
            access.authorize(connection, route, self.quirks)
            _demand_media_type(route, request)
            reply = route.handler(Call(self, request, connection, organization), *ids)
        except GatewayRefused as refused:
            reply = errors.gateway_reply(refused)
        except Refused as refused:
            trace_id = amazon[0][1][-12:]
            reply = errors.render(refused, dialect, request.path, self.clock.now(), self.ids, trace_id)
        except Bare as bare:
            reply = errors.bare_reply(bare)
        reply.headers = (*reply.headers, *amazon, *self._trace(reply))
        return reply, connection

    def _trace(self, reply: Reply) -> tuple[tuple[str, str], ...]:
        """What passed the gateway carries a trace; what it refused itself does not (recorded 2023)."""
        if reply.header("x-amzn-errortype") is not None:
            return ()
        return (("x-amzn-trace-id", f"Root=1-{self.ids.hex(8)}-{self.ids.hex(24)}"),)

    def _gateway_headers(self) -> tuple[tuple[str, str], ...]:
        request_id = self.ids.uuid()
        return (("x-amzn-requestid", request_id), ("x-amz-apigw-id", f"{self.ids.hex(14)}="))

    def _demand_pace(self, connection: Connection) -> None:
        quirks = self.quirks
        if not quirks.rate_limit:
            return
        by_client = quirks.rate_limit_per == "client" and connection.client_id
        if self.buckets.take(
            by_client or connection.id, self.clock.now(), quirks.rate_capacity, quirks.rate_per_second
        ):
            return
        if quirks.disguised_rate_limit:
            raise errors.of_gateway(500)
        raise errors.of_gateway(429, (("retry-after", "1"),) if quirks.retry_after_header else ())

    def _route(self, request: Request) -> tuple[Route, list[str]]:
        path = request.path.removesuffix("/") if self.quirks.trailing_slash else request.path
        found = ROUTER.find(request.method, path)
        if found is not None:
            return found
        if self.quirks.unknown_route_status == 403:
            # The documented sentence repeats the caller's token: what logs it has leaked it.
            token, problem = access.bearer(request), "not a valid key=value pair (missing equal-sign)"
            sentence = f"'{token}' {problem} in Authorization header: 'Bearer {token}'."
            raise GatewayRefused(403, sentence, "IncompleteSignatureException")
        raise Refused(self.quirks.unknown_route_status, "No message available")

    def _outside_the_api(self, request: Request) -> Reply:
        endpoint = oauth.ENDPOINTS.get((request.method, request.path))
        if endpoint is not None:
            return endpoint(self, request)
        if request.method == "GET" and request.path == PUBLIC_KEY_PATH:
            return Reply(
                200, signing.public_half(self.webhook_key()).encode(), (("content-type", "text/plain"),)
            )
        if request.method == "GET" and request.path.startswith("/permalink/"):
            return permalinks.show(self.world, request)
        return Reply(404, b'{"message":"Not Found"}', (JSON,))

    def emit(self, organization_id: str, type: str, resource_id: str, at: datetime | None = None) -> None:
        event = Event(organization_id, type, resource_id, at or self.clock.now())
        self.events.append(event)
        self.changes += 1
        delivery.announce(self, event)

    def webhook_key(self) -> str:
        """The private key that signs callbacks, made when first needed."""
        if self.world.webhook_key is None:
            self.world.webhook_key = signing.new_key()
        return self.world.webhook_key

    def collect_postings(self) -> list[delivery.Posting]:
        return delivery.collect(self)

    def settle_posting(self, delivery_id: str, answer: int | delivery.Failure) -> None:
        delivery.settle(self, delivery_id, answer)
        self.changes += 1

    # --- time and fate --------------------------------------------------------------------------------------

    def advance(self, seconds: float | timedelta) -> None:
        seconds = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        self.clock.advance(seconds)
        self.world.advanced_s += seconds
        self.catch_up()
        self.changes += 1

    def catch_up(self) -> None:
        """Let happen what has become due meanwhile."""
        if agenda.run_due(self, DUE):
            self.changes += 1

    def fault(self, kind: Any, method: str = "*", path: str = "*", **more: Any) -> Fault:
        """Let the next calls that match meet an accident (`faults.Fault`)."""
        fault = Fault(kind=kind, match=Match(method, path), **more)
        self.faults.add(fault)
        return fault

    def snapshot(self) -> dict[str, bytes]:
        """All that exists, to be restored any time. The clock is no part of it."""
        return parts_of(self.world)

    def restore(self, snapshot: dict[str, bytes]) -> None:
        advanced = self.world.advanced_s
        self._clear()
        self.go_on_with(world_of(snapshot))
        self.world.advanced_s = advanced

    def go_on_with(self, world: World) -> None:
        """Books kept before. Callbacks that were in a courier's hands then are carried again."""
        self.world = world
        planned = {task.subject for task in world.tasks if task.kind == "deliver"}
        for waiting in world.deliveries.values():
            if waiting.id not in planned:
                agenda.plan(world, self.clock.now(), "deliver", waiting.organization_id, waiting.id)

    def forget(self) -> None:
        """Empty books, no companies, no keys, no clients, no ledger; the clock stays."""
        self._clear()
        self.world = World(signing_key=self.ids.token(64), advanced_s=self.world.advanced_s)

    def _clear(self) -> None:
        for kept in (
            self.buckets,
            self.throttle,
            self.faults,
            self.ledger,
            self.papers,
            self.answers,
            self.listed,
            self.events,
            self.due_deliveries,
        ):
            kept.clear()
        self.mishaps = delivery.Mishaps()
        self.changes += 1


def _demand_media_type(route: Route, request: Request) -> None:
    if route.content is None:
        return
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given != route.content:
        raise errors.of_gateway(415)
