from typing import Any

import pytest

from infra.admin.doctor.alarms import look_at_alarms
from infra.admin.doctor.expected import expected_alarms
from tests.aws import PREFIX, client
from tests.infra.admin.doctor.patients import on_moto, short

TOPIC = "arn:aws:sns:eu-central-1:123456789012:test-alarms"
CONFIRMED = {"Subscriptions": [{"SubscriptionArn": f"{TOPIC}:1"}]}
PENDING = {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}


def sns(answer: dict[str, Any]) -> dict[str, Any]:
    return {"list_subscriptions_by_topic": answer}


@pytest.fixture
def alarms(bare_aws: None) -> None:
    for name in expected_alarms():
        client("cloudwatch").put_metric_alarm(
            AlarmName=PREFIX + name,
            AlarmDescription=f"what {name} means",
            Namespace="AWS/SQS",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[TOPIC],
        )


def test_alarms_that_are_quiet_and_heard_are_counted(alarms: None) -> None:
    count = len(expected_alarms())
    assert short(look_at_alarms(on_moto(sns=sns(CONFIRMED)))) == [f"ok: {count}, and none rings"]


@pytest.mark.parametrize("answer", [{"Subscriptions": []}, PENDING])
def test_alarms_that_nobody_hears_are_told(alarms: None, answer: dict[str, Any]) -> None:
    *_, finding = look_at_alarms(on_moto(sns=sns(answer)))
    assert (finding.level, finding.text) == ("warn", "nobody has subscribed to them")
    assert TOPIC in finding.advice


def test_an_alarm_that_rings_is_told_with_what_it_means(alarms: None) -> None:
    client("cloudwatch").set_alarm_state(
        AlarmName=f"{PREFIX}later-dead", StateValue="ALARM", StateReason="test"
    )
    (finding,) = look_at_alarms(on_moto(sns=sns(CONFIRMED)))
    assert (finding.level, finding.text) == ("fail", "later-dead rings")
    assert finding.advice == "what later-dead means"


def test_an_alarm_that_is_missing_is_named(alarms: None) -> None:
    client("cloudwatch").delete_alarms(AlarmNames=[f"{PREFIX}later-dead"])
    assert "fail: later-dead is missing" in short(look_at_alarms(on_moto(sns=sns(CONFIRMED))))


def test_no_alarms_at_all_may_be_meant(bare_aws: None) -> None:
    assert short(look_at_alarms(on_moto())) == ["warn: there are none"]
