import json

from benchmarks.aws_sink import answer


def query(**more: object) -> dict[str, object]:
    return {"ExpressionAttributeValues": {":0": {"S": "bench:250#1"}}, "Limit": 100, **more}


def body(question: dict[str, object]) -> dict[str, list[dict[str, dict[str, str]]]]:
    found: dict[str, list[dict[str, dict[str, str]]]] = json.loads(
        answer(question).partition(b"\r\n\r\n")[2]
    )
    return found


def test_pages_lead_through_a_shard_and_end() -> None:
    ids: list[str] = []
    more: dict[str, object] = {}
    while True:
        page = body(query(**more))
        ids += [item["connection_id"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert len(set(ids)) == 250
    assert ids == sorted(ids)


def test_a_page_may_also_begin_behind_a_connection() -> None:
    first = body(query())["Items"][-1]["connection_id"]
    values = {":0": {"S": "bench:250#1"}, ":after": first}
    second = body(query(ExpressionAttributeValues=values))["Items"]
    assert second[0]["connection_id"]["S"] > first["S"]
    assert len(second) == 100


def test_no_connection_is_in_two_shards() -> None:
    other = {":0": {"S": "bench:250#2"}}
    here = {item["connection_id"]["S"] for item in body(query())["Items"]}
    there = body(query(ExpressionAttributeValues=other))["Items"]
    assert not [item for item in there if item["connection_id"]["S"] in here]
