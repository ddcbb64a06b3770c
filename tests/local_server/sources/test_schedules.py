"""Schedules: by a clock that is advanced, and through the running emulator."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import boto3
import pytest
from websockets.asyncio.client import connect

from local_server.clock import Clock
from local_server.cron import parse_schedule
from local_server.sources.schedules import LATE_MOST, Rule, Scheduler
from local_server.template import Asynchronous
from local_server.testing import emulator
from tests.local_server.conftest import SAMPLE
from tests.local_server.sources.fakes import RAISED, F, Functions, shared


def rule(expression: str) -> Rule:
    return Rule(
        function=F,
        arn="arn:rule",
        region="eu-west-3",
        schedule=parse_schedule(expression),
        by_scheduler=False,
        at_once=False,
        input=None,
        asynchronous=Asynchronous(),
    )


@asynccontextmanager
async def running(settings: Rule, functions: Functions) -> AsyncIterator[Clock]:
    """The clock starts at the epoch and moves only when it is advanced."""
    clock = Clock(lambda: 0)
    scheduler = Scheduler(settings, functions, shared(clock))
    await scheduler.open()
    task = asyncio.ensure_future(scheduler.run())
    await asyncio.sleep(0)
    try:
        yield clock
    finally:
        task.cancel()
        await asyncio.wait({task})


def times(events: list[Any]) -> list[str]:
    return [event["time"].removeprefix("1970-01-01T").removesuffix("Z") for event in events]


async def test_a_rate_is_first_due_after_one_interval() -> None:
    functions = Functions()
    async with running(rule("rate(5 minutes)"), functions) as clock:
        clock.advance(299)
        await clock.sleep(0)
        assert functions.events == []
        clock.advance(1)
        (event,) = await functions.until(1)
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == ["arn:rule"]
    assert event["time"] == "1970-01-01T00:05:00Z"


async def test_scheduler_starts_a_rate_at_once() -> None:
    functions = Functions()
    settings = replace(rule("rate(5 minutes)"), by_scheduler=True, at_once=True)
    async with running(settings, functions) as clock:
        await functions.until(1)
        clock.advance(300)
        assert times(await functions.until(2)) == ["00:00:00", "00:05:00"]
    assert functions.events[0]["source"] == "aws.scheduler"


async def test_what_a_jump_skips_comes_in_its_order() -> None:
    functions = Functions(RAISED, None)
    async with running(rule("rate(5 minutes)"), functions) as clock:
        clock.advance(15 * 60)
        assert times(await functions.until(3)) == ["00:05:00", "00:10:00", "00:15:00"]
        clock.advance(60)
        # The first one failed, and is tried again a minute later.
        assert times(await functions.until(4))[3] == "00:05:00"


async def test_what_a_long_jump_skips_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    functions = Functions()
    async with running(rule("rate(1 minute)"), functions) as clock:
        with caplog.at_level(logging.WARNING, "local_server"):
            clock.advance(3 * LATE_MOST * 60)
            while not caplog.messages:
                await asyncio.sleep(0)
            clock.advance(60)
            events = await functions.until(LATE_MOST + 1)
    assert events[-1]["time"] == "1970-01-04T00:01:00Z"
    assert len(events) == LATE_MOST + 1
    assert caplog.messages == ["f: later occurrences are left out"]


async def test_an_occurrence_does_not_wait_for_an_invocation_that_takes_long() -> None:
    functions = Functions()
    functions.released.clear()
    async with running(rule("rate(1 minute)"), functions) as clock:
        clock.advance(60)
        await functions.until(1)
        clock.advance(60)
        await functions.until(2)
        assert functions.done == 0


async def test_a_cron_is_due_by_the_time_of_day() -> None:
    functions = Functions()
    async with running(rule("cron(30 0/12 * * ? *)"), functions) as clock:
        clock.advance(13 * 3600)
        assert times(await functions.until(2)) == ["00:30:00", "12:30:00"]


async def test_a_cron_that_is_over_ends() -> None:
    scheduler = Scheduler(rule("cron(0 0 1 1 ? 1970)"), Functions(), shared())
    async with asyncio.timeout(30):
        await scheduler.run()


async def test_the_input_of_a_rule_is_its_event() -> None:
    functions = Functions()
    text = '{"word": "<aws.scheduler.scheduled-time>"}'
    async with running(replace(rule("rate(1 day)"), input=text), functions) as clock:
        clock.advance(24 * 3600)
        assert await functions.until(1) == [{"word": "<aws.scheduler.scheduled-time>"}]


async def test_the_input_of_scheduler_has_its_words_filled_in() -> None:
    functions = Functions()
    text = '{"word": "<aws.scheduler.scheduled-time>"}'
    settings = replace(rule("rate(1 day)"), input=text, by_scheduler=True)
    async with running(settings, functions) as clock:
        clock.advance(24 * 3600)
        assert await functions.until(1) == [{"word": "1970-01-02T00:00:00Z"}]


# Through the emulator


async def test_a_schedule_reaches_its_function() -> None:
    clock = Clock()
    async with emulator(SAMPLE, clock=clock) as sample, connect(sample.websocket_url) as socket:
        # A two-way route: its function has returned when the reply is here.
        await socket.send('{"kind": "ask"}')
        observer = json.loads(await socket.recv())["requestContext"]["connectionId"]
        environment = sample.environment
        table = boto3.client(
            "dynamodb",
            endpoint_url=sample.store_url,
            region_name="eu-west-3",
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
        item = {"connection_id": {"S": "tick"}, "observer": {"S": observer}}
        table.put_item(TableName=environment["OBSERVERS_TABLE"], Item=item)
        table.close()
        clock.advance(300)
        event = json.loads(await socket.recv())
    assert event["source"] == "aws.events"
    assert event["region"] == "eu-west-3"
    assert event["resources"] == [
        "arn:aws:events:eu-west-3:000000000000:rule/sample-local-TickEventsRuleSchedule1"
    ]
