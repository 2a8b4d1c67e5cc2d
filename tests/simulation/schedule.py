"""The scheduler that virtual processes share, over a Redis without sockets."""

from typing import Any

from gateway.ambient import Ambient
from gateway.settings import Settings
from gateway.upstream.schedule import Scheduler
from gateway.upstream.schedule.shared import RedisScheduler
from tests.simulation.redis import SimulatedRedis


def shared_scheduler(redis: SimulatedRedis, ambient: Ambient, settings: Settings) -> Scheduler:
    """As the wiring makes it where there is a Redis."""
    client: Any = redis
    return RedisScheduler(client, ambient, settings.slot_interval_ms / 1000)
