"""Which kinds of jobs there are, and what each does with its subject."""

from collections.abc import Mapping

from gateway.jobs.batches import RUN, BatchRuns
from gateway.jobs.jobs import Again, Kind
from gateway.jobs.rows import Job
from gateway.onboarding.disconnect import REVOKE, Disconnect
from gateway.replica.sync.asking import SYNCHRONIZE
from gateway.replica.sync.synchronizer import Synchronizer
from gateway.webhooks.inbound.asking import FOLLOW, SUBSCRIBE
from gateway.webhooks.inbound.following import Follower
from gateway.webhooks.inbound.subscribing import Subscriber

PATIENT = frozenset({SYNCHRONIZE})
"""A fleet of connections that are filled has a job each, whose turns take half a minute."""
REVOKED_AGAIN_S = 60.0
"""Between two tries at a vendor that does not answer. Its silence is no failure of the job."""


def all_kinds(
    disconnect: Disconnect,
    batches: BatchRuns,
    synchronizer: Synchronizer,
    follower: Follower,
    subscriber: Subscriber,
) -> Mapping[str, Kind]:
    """Every kind by the name that the outbox knows it by."""

    async def revoke(job: Job) -> Again | None:
        done = await disconnect.revoke(job.tenant_id, job.environment, job.subject)
        return None if done else Again(REVOKED_AGAIN_S)

    async def synchronize(job: Job) -> Again | None:
        wait_s = await synchronizer.run(job.tenant_id, job.environment, job.subject, job.id)
        return None if wait_s is None else Again(wait_s)

    async def follow(job: Job) -> Again | None:
        wait_s = await follower.run(job.tenant_id, job.environment, job.subject)
        return None if wait_s is None else Again(wait_s)

    async def subscribe(job: Job) -> Again | None:
        wait_s = await subscriber.run(job.tenant_id, job.environment, job.subject)
        return None if wait_s is None else Again(wait_s)

    return {
        REVOKE: revoke,
        RUN: batches.run,
        SYNCHRONIZE: synchronize,
        FOLLOW: follow,
        SUBSCRIBE: subscribe,
    }
