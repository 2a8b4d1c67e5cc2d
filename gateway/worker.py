"""The worker process: durable work without a door."""

import asyncio
import logging
import signal

from gateway.persistence.shared_clock import in_step
from gateway.settings import Settings
from gateway.telemetry.log import configure
from gateway.wiring import build_delivering, build_jobs, build_rooms, close_rooms

logger = logging.getLogger(__name__)


def work(settings: Settings) -> None:
    """Run jobs until SIGINT or SIGTERM."""
    configure(settings)
    asyncio.run(_until_told(settings))


async def _until_told(settings: Settings) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, told.set)
    rooms = build_rooms(settings)
    jobs = build_jobs(rooms)
    delivering = build_delivering(rooms)
    try:
        async with in_step(rooms.ambient.clock):
            await jobs.start()
            delivering.start()
            logger.info("worker ready")
            try:
                await told.wait()
            finally:
                await asyncio.gather(delivering.stop(), jobs.stop())
    finally:
        await close_rooms(rooms)
