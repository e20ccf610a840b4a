"""The v3 API, which only C has."""

from __future__ import annotations

from typing import Any

from tests.conformance.cases.shared import NEW, TEN, THREE_PARTITIONS, b64, case, entry, offsets
from tests.conformance.probe import Probe
from tests.conformance.suite import Json


async def v3_cluster(p: Probe) -> str:
    """GET /v3/clusters; the path of the cluster."""
    answer = await p.send("GET", "/v3/clusters", accept="application/json")
    assert answer.response is not None
    if answer.response.status_code == 200:
        cluster = answer.response.json()["data"][0]["cluster_id"]
        p.mask[cluster] = "CLUSTER"
        path = f"/v3/clusters/{cluster}"
    else:
        path = ""
    await p.call("GET", "/v3/clusters", accept="application/json")
    return path


V3: dict[str, Any] = {"accept": "application/json", "content_type": "application/json"}


@case(76, "v3 probe")
async def v3_probe(p: Probe) -> None:
    await v3_cluster(p)


@case(77, "v3 create/delete topic", flavours="C")
async def v3_create_delete_topic(p: Probe) -> None:
    cluster = await v3_cluster(p)
    body = {"topic_name": p.topic("made"), "partitions_count": 2, "replication_factor": 1}
    await p.call("POST", f"{cluster}/topics", body=body, **V3)
    await p.call("POST", f"{cluster}/topics", body=body, **V3)
    await p.wait(1)
    await p.call("GET", f"{cluster}/topics/{p.topic('made')}", accept="application/json")
    await p.call("GET", f"{cluster}/topics/{p.topic('made')}/configs/cleanup.policy", accept="application/json")
    await p.call("DELETE", f"{cluster}/topics/{p.topic('made')}", accept="application/json")
    await p.wait(1)
    await p.call("DELETE", f"{cluster}/topics/{p.topic('made')}", accept="application/json")


@case(78, "v3 lags", TEN, flavours="C")
async def v3_lags(p: Probe) -> None:
    cluster = await v3_cluster(p)
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.commit(instance, entry(p, 3))
    await p.wait(0.5)
    for path in ("", "/lags", "/lag-summary", f"/lags/{p.topic()}/partitions/0"):
        await p.call("GET", f"{cluster}/consumer-groups/{p.group()}{path}", accept="application/json")
    await p.call("GET", f"{cluster}/consumer-groups/{p.group('-none')}/lags", accept="application/json")


@case(79, "v3 produce stream", NEW, flavours="C")
async def v3_produce_stream(p: Probe) -> None:
    cluster = await v3_cluster(p)
    good = '{"value":{"type":"JSON","data":{"n":1}}}'
    bad = '{"partition_id":99,"value":{"type":"JSON","data":1}}'
    await p.call("POST", f"{cluster}/topics/{p.topic()}/records", body=f"{good}\n{bad}\n{good}", **V3)
    full = '{"headers":[{"name":"h","value":"aGk="}],"key":{"type":"STRING","data":"k"},'
    full += '"timestamp":"2024-05-01T10:00:00Z"}'
    await p.call("POST", f"{cluster}/topics/{p.topic()}/records", body=full, **V3)
    await p.read_all(await p.reader(), 3, seconds=5)


@case(140, "v3 reading tour", THREE_PARTITIONS, flavours="C")
async def v3_reading_tour(p: Probe) -> None:
    cluster, topic = await v3_cluster(p), p.topic()
    for path in (
        "",
        "/brokers",
        "/brokers/1",
        f"/topics/{topic}",
        f"/topics/{topic}/partitions",
        f"/topics/{topic}/partitions/0",
        f"/topics/{topic}/partitions/0/offset",
        f"/topics/{topic}/partitions/0/replicas",
        f"/topics/{topic}/configs/retention.ms",
        f"/topics/{topic}/configs/nope",
        f"/topics/{p.topic('nope')}",
        "/acls",
        "/nope",
    ):
        await p.call("GET", cluster + path, accept="application/json")
    ours = {topic, "__consumer_offsets"}
    names = lambda body: sorted(ours & {entry["topic_name"] for entry in body["data"]})  # noqa: E731
    await p.call("GET", f"{cluster}/topics", accept="application/json", keep=names)
    await p.call("GET", "/v3/clusters/nope", accept="application/json")


@case(141, "v3 a consumer group with a live member", TEN, flavours="C")
async def v3_a_consumer_group_with_a_live_member(p: Probe) -> None:
    cluster = await v3_cluster(p)
    instance = await p.create()
    await p.subscribe(instance)
    await p.read_all(instance, 10, keep=offsets)
    await p.commit(instance, entry(p, 3))
    await p.wait(0.5)
    for path in ("", "/consumers", "/lags", "/lag-summary"):
        await p.call("GET", f"{cluster}/consumer-groups/{p.group()}{path}", accept="application/json")


@case(142, "v3 topic configs, more partitions", NEW, flavours="C")
async def v3_topic_configs_more_partitions(p: Probe) -> None:
    path = f"{await v3_cluster(p)}/topics/{p.topic()}"
    await p.call("PUT", f"{path}/configs/retention.ms", body={"value": "60000"}, **V3)
    changes = [{"name": "cleanup.policy", "value": "compact"}, {"name": "retention.ms", "operation": "DELETE"}]
    await p.call("POST", f"{path}/configs:alter", body={"data": changes}, **V3)
    await p.call("POST", f"{path}/configs:alter", body={"data": [{"name": "retention.ms", "value": "x"}]}, **V3)
    await p.wait(1)
    await p.call("GET", f"{path}/configs/cleanup.policy", accept="application/json")
    await p.call("PATCH", path, body={"partitions_count": 3}, **V3)
    await p.call("PATCH", path, body={"partitions_count": 2}, **V3)


@case(143, "v3 produce: types, nulls, errors, batch", NEW, flavours="C")
async def v3_produce_types_nulls_errors_batch(p: Probe) -> None:
    path = f"{await v3_cluster(p)}/topics/{p.topic()}/records"
    bodies: tuple[dict[str, Json], ...] = (
        {"value": {"type": "BINARY", "data": b64(b"\x00\xff")}},
        {"value": {"type": "JSON", "data": {"price": 1.1}}, "key": {"type": "JSON", "data": None}},
        {"value": {"type": "STRING", "data": "text"}, "headers": [{"name": "h", "value": None}]},
        {"key": {"type": "STRING", "data": "tombstone"}},
        {"value": {"data": "no type"}},
        {"value": {"type": "BINARY", "data": "%%%"}},
        {"value": {"type": "NOPE", "data": 1}},
        {"nope": 1},
        {"timestamp": 1_700_000_000_000, "value": {"type": "STRING", "data": "time"}},
        {"partition_id": 7, "value": {"type": "STRING", "data": "x"}},
    )
    for body in bodies:
        await p.call("POST", path, body=body, **V3)
    await p.call("POST", path, **V3)
    await p.call("POST", path, body='{"value":', **V3)
    good: Json = {"value": {"type": "STRING", "data": "b"}}
    await p.call(
        "POST", f"{path}:batch", body={"entries": [{"id": "1", **good}, {"id": "2", "partition_id": 7, **good}]}, **V3
    )
    await p.call("POST", f"{path}:batch", body={"entries": []}, **V3)
    await p.call("POST", f"{path.replace(p.topic(), p.topic('nope'))}", body=good, **V3)
    await p.read_all(await p.reader(), 6, seconds=3)
