from handlers import later
from infra.stores.subscriptions import DynamoSubscriptions
from notify.jobs import RetryJob, encode_job
from notify.model import Pattern
from tests import events
from tests.handlers.conftest import Service


def test_a_post_that_failed_is_tried_once_more(heliograph: Service) -> None:
    heliograph.connect("a", heliograph.token("alice"))
    page = DynamoSubscriptions().page(Pattern("general"), 0, None, 10, 0)
    job = RetryJob('{"type":"notification"}', page.subscribers, 1)
    response = later.handler(events.batch("later", encode_job(job)), events.CONTEXT)
    assert response == {"batchItemFailures": []}
    assert heliograph.gateway.frames("a") == [{"type": "notification"}]


def test_a_job_that_cannot_be_read_stays_in_the_queue(heliograph: Service) -> None:
    response = later.handler(events.batch("later", "{}"), events.CONTEXT)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
