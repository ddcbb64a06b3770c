"""What was put off."""

from infra.wiring import part
from infra.wiring.announcing import announcing
from infra.wiring.counts import counts
from infra.wiring.fanout import fanout
from infra.wiring.revocation import revocation
from infra.wiring.scheduled import scheduled_sending
from notify.jobs import JoinJob, LeaveJob, RetryJob, RevokeJob, ScheduledJob
from notify.later import Later, Retrying


@part
def later() -> Later:
    # What is rarer is made when the first of its kind comes.
    return Later(
        {
            RetryJob: Retrying(fanout(), counts()).retry,
            JoinJob: lambda job: announcing().settle(job),
            LeaveJob: lambda job: announcing().settle(job),
            ScheduledJob: lambda job: scheduled_sending().send(job),
            RevokeJob: lambda job: revocation().settle(job),
        }
    )
