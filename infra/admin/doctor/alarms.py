"""Whether every alarm is there, none rings, and somebody would hear it."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.admin.doctor.expected import expected_alarms
from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient

SUBSCRIBE = "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU"


def look_at_alarms(patient: Patient) -> Iterator[Finding]:
    found = _found(patient)
    if not found:
        advice = "nobody is woken up: deploy with infra/alarms.yml, unless you mean it"
        yield warn("alarms", "there are none", advice)
        return
    for name in expected_alarms():
        if name not in found:
            yield fail("alarms", f"{name} is missing", "deploy the stage")
    ringing = {name: alarm for name, alarm in found.items() if alarm["StateValue"] == "ALARM"}
    for name, alarm in ringing.items():
        yield fail("alarms", f"{name} rings", str(alarm.get("AlarmDescription", "")))
    if not ringing:
        yield ok("alarms", f"{len(found)}, and none rings")
    topics = {topic for alarm in found.values() for topic in alarm.get("AlarmActions", ())}
    for topic in sorted(topics):
        yield from _listeners(patient, topic)


def _found(patient: Patient) -> dict[str, Mapping[str, Any]]:
    pages = patient.client("cloudwatch").get_paginator("describe_alarms")
    return {
        alarm["AlarmName"].removeprefix(patient.stage.prefix): alarm
        for page in pages.paginate(AlarmNamePrefix=patient.stage.prefix)
        for alarm in page["MetricAlarms"]
    }


def _listeners(patient: Patient, topic: str) -> Iterator[Finding]:
    answer = patient.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    # An address that has not confirmed has no ARN yet.
    if not any(each["SubscriptionArn"].startswith("arn:") for each in answer["Subscriptions"]):
        yield warn("alarms", "nobody has subscribed to them", SUBSCRIBE.format(topic=topic))
