"""TLS and SASL against a broker that asks for them: properties as a Java client's file has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from ktui.errors import Forbidden
from ktui.model import Draft, TopicPartition
from ktui.rest.client import ProxyClient
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.gateway import Gateway
from ktui.server.kafka import RetriableError
from ktui.server.within import GatewayTransport
from tests.kafka.broker import Broker, running
from tests.kafka.identity import identity_provider
from tests.kafka.world import fill, reads, until_so

pytestmark = pytest.mark.kafka
PASSWORD = "tiger-in-the-tank"
MODULES = "org.apache.kafka.common.security"
SASL = "listener.name.sasl_plaintext"
PLAIN, SCRAM = f"{MODULES}.plain.PlainLoginModule required", f"{MODULES}.scram.ScramLoginModule required"
OAUTH = f"{MODULES}.oauthbearer.OAuthBearerLoginModule required"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, server.pem."""
    folder = tmp_path_factory.mktemp("papers")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    chain = b"".join(each.bytes() for each in issued.cert_chain_pems)
    (folder / "server.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + chain)
    return folder


@pytest.fixture(scope="module")
def broker(papers: Path) -> Iterator[Broker]:
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(papers / "server.pem"),
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,OAUTHBEARER",
        f"{SASL}.plain.sasl.jaas.config": f'{PLAIN} user_alice="{PASSWORD}";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
        "super.users": "User:ANONYMOUS",
        f"{SASL}.scram-sha-256.sasl.jaas.config": f"{SCRAM};",
        f"{SASL}.oauthbearer.sasl.jaas.config": f'{OAUTH} unsecuredLoginStringClaim_sub="broker";',
        f"{SASL}.oauthbearer.sasl.server.callback.handler.class": (
            f"{MODULES}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler"
        ),
    }
    with running(listeners=("PLAINTEXT", "SASL_PLAINTEXT", "SSL"), more=settings) as broker:
        admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        users = [UserScramCredentialUpsertion("alice", info, PASSWORD.encode())]
        admin.alter_user_scram_credentials(users)["alice"].result(20)
        yield broker


def sasl(mechanism: str, jaas: str) -> dict[str, str]:
    return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism, "sasl.jaas.config": jaas}


def as_alice(module: str, password: str = PASSWORD) -> str:
    return f'{module} username="alice" password="{password}";'


async def named(address: str, properties: Mapping[str, str]) -> str:
    """Ask a cluster for its name, and write to it that we were there."""
    kafka = ClusterKafka({"bootstrap.servers": address, **properties}, answer=10.0)
    try:
        return (await kafka.cluster()).id
    finally:
        await kafka.aclose()


async def test_who_may_is_let_in_by_every_way(broker: Broker, papers: Path) -> None:
    ways = {
        "PLAINTEXT": {},
        "SSL": {"security.protocol": "SSL", "ssl.truststore.type": "PEM"}
        | {"ssl.truststore.location": str(papers / "ca.pem")},
    }
    mechanisms = {
        "PLAIN": as_alice(PLAIN),
        "SCRAM-SHA-256": as_alice(SCRAM),
        "OAUTHBEARER": f'{OAUTH} unsecuredLoginStringClaim_sub="alice";',
    }
    asked = [named(broker.addresses[listener], properties) for listener, properties in ways.items()]
    asked += [named(broker.addresses["SASL_PLAINTEXT"], sasl(*mechanism)) for mechanism in mechanisms.items()]
    names = await asyncio.gather(*asked)
    assert len(names) == 5
    assert len(set(names)) == 1


async def test_who_may_not_is_told_why_and_shows_no_secret(broker: Broker) -> None:
    wrong = sasl("PLAIN", as_alice(PLAIN, "wrong-tiger"))
    kafka = ClusterKafka({"bootstrap.servers": broker.addresses["SASL_PLAINTEXT"], **wrong}, answer=3.0)
    with pytest.raises(RetriableError, match=r"Authentication failed: Invalid username or password") as refused:
        await kafka.names()
    assert "tiger" not in str(refused.value) + repr(kafka)
    await kafka.aclose()
    untrusted = ClusterKafka(
        {"bootstrap.servers": broker.addresses["SSL"], "security.protocol": "SSL"}, answer=3.0, writes=False
    )
    with pytest.raises(RetriableError, match="certificate"):
        await untrusted.names()
    await untrusted.aclose()


def by_tokens(url: str, secret: str = PASSWORD) -> dict[str, str]:
    """As a Java client's file has it."""
    jaas = f'{OAUTH} clientId="alice" clientSecret="{secret}" scope="orders";'
    return {**sasl("OAUTHBEARER", jaas), "sasl.oauthbearer.token.endpoint.url": url}


async def test_a_token_is_fetched_where_the_properties_say_and_again_before_it_has_expired(broker: Broker) -> None:
    address = broker.addresses["SASL_PLAINTEXT"]
    with identity_provider("alice", PASSWORD, life=4.0) as provider:
        kafka = ClusterKafka({"bootstrap.servers": address, **by_tokens(provider.url)})
        await kafka.create_topic("by-token", 1, {})
        await fill(kafka, "by-token", [b"by token"])
        asked = len(provider.asked)
        assert set(provider.asked) == {"client_credentials"}
        reading = reads(kafka, "by-token")
        reading.consumer.assign([TopicPartition("by-token", 0)])
        assert [record.value for record in await reading.next()] == [b"by token"]

        async def renewed() -> bool:
            return len(provider.asked) > asked + 2

        await until_so(renewed, True)
        assert await kafka.names()
        await reading.consumer.close()
        await kafka.aclose()


async def test_a_token_that_is_refused_is_told_without_the_secret(broker: Broker) -> None:
    with identity_provider("alice", PASSWORD) as provider:
        properties = by_tokens(provider.url, "wrong-tiger")
        kafka = ClusterKafka({"bootstrap.servers": broker.addresses["SASL_PLAINTEXT"], **properties}, answer=3.0)
        with pytest.raises(RetriableError, match="invalid_client") as refused:
            await kafka.names()
        assert "tiger" not in str(refused.value) + repr(kafka)
        await kafka.aclose()


def allow(admin: AdminClient, kind: ResourceType, name: str, *operations: AclOperation) -> None:
    """Let alice do this, and nobody anything else."""
    own = (kind, name, ResourcePatternType.LITERAL, "User:alice", "*")
    rules = [AclBinding(*own, operation, AclPermissionType.ALLOW) for operation in operations]
    for each in admin.create_acls(rules).values():
        each.result(20)


async def test_what_an_acl_keeps_from_us_is_forbidden_each_time_and_what_it_does_not_goes_on(broker: Broker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
    for created in admin.create_topics([NewTopic("guarded", 1, 1), NewTopic("open", 1, 1)]).values():
        created.result(20)
    allow(admin, ResourceType.TOPIC, "guarded", AclOperation.DESCRIBE)
    allow(admin, ResourceType.GROUP, "guarded", AclOperation.DESCRIBE)
    properties = {"bootstrap.servers": broker.addresses["SASL_PLAINTEXT"], **sasl("PLAIN", as_alice(PLAIN))}
    client = ProxyClient("http://gateway", transport=GatewayTransport(lambda: Gateway(ClusterKafka(properties))))
    await client.probe()
    assert {"guarded", "open"} <= set(await client.topics())
    guarded, free = TopicPartition("guarded", 0), TopicPartition("open", 0)
    reports = await client.produce("guarded", [Draft("guarded", None, b"v")])
    assert [(report.error_code, report.error) for report in reports] == [(40301, "Topic authorization failed.")]
    stored = await client.produce("open", [Draft("open", None, b"v")])
    assert stored[0].offset == 0
    async with client.consumer() as consumer:
        await consumer.assign([guarded])
        await consumer.seek({guarded: 0})
        for _ in range(2):
            with pytest.raises(Forbidden, match=r"Not authorized to access topics: \[guarded\]"):
                await consumer.poll(2000)
        await consumer.assign([guarded, free])
        await consumer.seek({guarded: 0, free: 0})
        found = []
        while not found:
            try:
                found = list(await consumer.poll(2000))
            except Forbidden:
                continue
        assert [(record.topic, record.value) for record in found] == [("open", b"v")]
    with pytest.raises(Forbidden, match="Group authorization failed"):
        await client.commit("guarded", {free: 1})
    await client.aclose()
