"""How fast a broadcast may go: the gateway's quota is shared with everything else."""

from msgspec import Struct

from notify.parts import BroadcastJob

# More than this is the queue's work: the caller waits for every post of the call.
MAX_INLINE_RECIPIENTS = 200
# Below a fifth of what API Gateway lets an account do in a second, if nobody says otherwise.
POSTS_A_SECOND = 2000
WORKERS = 10
# A page is at most what may be posted in this time: no burst is larger, and a cancelled broadcast
# stops as soon. Only a page of a single post may have to wait for longer.
PAGE_SECONDS = 1


class Pace(Struct, frozen=True):
    """Of all workers together. Each keeps to its share, so that they need not know each other."""

    posts_a_second: int = POSTS_A_SECOND
    workers: int = WORKERS

    def share(self, job: BroadcastJob) -> float:
        """Posts a second of one worker."""
        share = self.posts_a_second / self.workers
        if job.max_rate is None:
            return share
        return min(share, job.max_rate / min(self.workers, job.parts or 1))

    def page_size(self, job: BroadcastJob, most: int) -> int:
        return max(1, min(most, int(self.share(job) * PAGE_SECONDS)))

    def seconds(self, recipients: int, max_rate: int | None) -> int:
        """How long so many take, with every worker at it."""
        rate = min(self.posts_a_second, max_rate or self.posts_a_second)
        return max(1, -(-recipients // rate))
