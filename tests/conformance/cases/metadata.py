"""Topics, partitions, brokers, and what HTTP itself allows."""

from __future__ import annotations

from tests.conformance.cases.shared import EMPTY, THREE_PARTITIONS, case
from tests.conformance.probe import JSON, Probe


@case(1, "root")
async def root(p: Probe) -> None:
    await p.call("GET", "/")


@case(2, "unknown path")
async def unknown_path(p: Probe) -> None:
    await p.call("GET", "/nope")
    await p.call("PUT", "/topics")


@case(3, "list topics", THREE_PARTITIONS, EMPTY)
async def list_topics(p: Probe) -> None:
    ours = {p.topic(), p.topic("empty"), "__consumer_offsets"}
    await p.call("GET", "/topics", keep=lambda names: sorted(ours & set(names)))


@case(4, "topics wrong Accept")
async def topics_wrong_accept(p: Probe) -> None:
    await p.call("GET", "/topics", accept="text/html", keep=lambda names: "a list of names")


@case(5, "topic detail", THREE_PARTITIONS)
async def topic_detail(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}")


@case(6, "topic unknown")
async def topic_unknown(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic('nope')}")
    await p.call("GET", "/topics/not%20a%20name")


@case(7, "partitions", THREE_PARTITIONS)
async def partitions(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}/partitions")
    await p.call("GET", f"/topics/{p.topic('nope')}/partitions")


@case(8, "partition one", THREE_PARTITIONS)
async def partition_one(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}/partitions/1")


@case(9, "partition unknown", THREE_PARTITIONS)
async def partition_unknown(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}/partitions/99")
    await p.call("GET", f"/topics/{p.topic()}/partitions/-1")
    await p.call("GET", f"/topics/{p.topic('nope')}/partitions/0")


@case(10, "partition non-int", THREE_PARTITIONS)
async def partition_non_int(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}/partitions/abc")


@case(11, "offsets", THREE_PARTITIONS)
async def offsets(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}/partitions/0/offsets")


@case(12, "offsets empty topic", EMPTY)
async def offsets_empty_topic(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic('empty')}/partitions/0/offsets")


@case(13, "offsets unknown partition", THREE_PARTITIONS)
async def offsets_unknown_partition(p: Probe) -> None:
    await p.call("GET", f"/topics/{p.topic()}/partitions/99/offsets")
    await p.call("GET", f"/topics/{p.topic('nope')}/partitions/0/offsets")


@case(14, "brokers")
async def brokers(p: Probe) -> None:
    await p.call("GET", "/brokers")


@case(121, "HEAD, OPTIONS, wrong methods, trailing slash", EMPTY)
async def head_options_wrong_methods_trailing_slash(p: Probe) -> None:
    await p.call("HEAD", "/topics")
    await p.call("OPTIONS", "/topics")
    await p.call("GET", "/topics/", keep=lambda names: "a list of names")
    await p.call("GET", f"/topics/{p.topic('empty')}/")
    await p.call("GET", f"/consumers/{p.group()}")
    await p.call("GET", f"/consumers/{p.group()}/instances/i1")
    await p.call("DELETE", f"/topics/{p.topic('empty')}")


@case(122, "Content-Type on GET and DELETE")
async def content_type_on_get_and_delete(p: Probe) -> None:
    names = lambda names: "a list of names"  # noqa: E731
    for media in ("application/vnd.kafka.v2+json", "application/json", JSON):
        await p.call("GET", "/topics", content_type=media, keep=names)
    instance = await p.create()
    await p.call("DELETE", instance.path, content_type="application/vnd.kafka.v2+json")


@case(123, "Accept lists for control requests")
async def accept_lists_for_control_requests(p: Probe) -> None:
    names = lambda names: "a list of names"  # noqa: E731
    for accept in ("application/json", None, "*/*", "application/vnd.kafka.v2+json, application/json;q=0.5", JSON):
        await p.call("GET", "/topics", accept=accept, keep=names)


@case(135, "POST to an instance instead of DELETE")
async def post_to_an_instance_instead_of_delete(p: Probe) -> None:
    instance = await p.create()
    await p.call("POST", instance.path)
    await p.delete(instance)
