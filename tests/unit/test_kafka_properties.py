"""Client properties: files as Java reads them, names as librdkafka has them, secrets that stay secret."""

from __future__ import annotations

import pytest

from ktui.errors import ConfigError
from ktui.server.cluster.properties import cleaned, masked, parsed, translated

SERVERS = {"bootstrap.servers": "a:9092"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1\nb = 2\nc:3\nd 4\n", {"a": "1", "b": "2", "c": "3", "d": "4"}),
        ("# no\n! no\n\n  \t\n a=1", {"a": "1"}),
        ("a=1,\\\n   2,\\\n 3\nb=x", {"a": "1,2,3", "b": "x"}),
        ("a=b=c\nd\\=e=f\ng\\:h:i", {"a": "b=c", "d=e": "f", "g:h": "i"}),
        ("a=\\u00e9\\t\\n\\\\\\q", {"a": "é\t\n\\q"}),
        ("a\nb=\n", {"a": "", "b": ""}),
        ("a=x \\\\\nb=1", {"a": "x \\", "b": "1"}),
        ("a=1\r\nb=2\r\n", {"a": "1", "b": "2"}),
        ("a=x#y", {"a": "x#y"}),
    ],
)
def test_a_file_is_read_as_java_does(text: str, expected: dict[str, str]) -> None:
    assert parsed(text) == expected


def test_what_both_know_is_handed_on() -> None:
    same = SERVERS | {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "client.id": "me", "debug": "broker"}
    assert translated(same) == same


@pytest.mark.parametrize(
    ("java", "expected"),
    [
        ({"max.request.size": "5"}, {"message.max.bytes": "5"}),
        ({"fetch.max.wait.ms": "5"}, {"fetch.wait.max.ms": "5"}),
        ({"ssl.endpoint.identification.algorithm": ""}, {"ssl.endpoint.identification.algorithm": "none"}),
        ({"key.deserializer": "x", "max.poll.records": "1", "ssl.protocol": "TLS"}, {}),
        ({"ssl.truststore.location": "/ca.pem", "ssl.truststore.type": "PEM"}, {"ssl.ca.location": "/ca.pem"}),
        (
            {"ssl.keystore.location": "/me.pem", "ssl.key.password": "p"},
            {"ssl.certificate.location": "/me.pem", "ssl.key.location": "/me.pem", "ssl.key.password": "p"},
        ),
        (
            {"ssl.keystore.location": "/me.p12", "ssl.keystore.password": "p", "ssl.keystore.type": "PKCS12"},
            {"ssl.keystore.location": "/me.p12", "ssl.keystore.password": "p"},
        ),
        ({"ssl.truststore.certificates": "-----BEGIN"}, {"ssl.ca.pem": "-----BEGIN"}),
    ],
)
def test_javas_names_become_librdkafkas(java: dict[str, str], expected: dict[str, str]) -> None:
    assert translated(SERVERS | java) == SERVERS | expected


@pytest.mark.parametrize("module", ["plain.PlainLoginModule", "scram.ScramLoginModule"])
def test_user_and_password_come_out_of_a_jaas_configuration(module: str) -> None:
    jaas = f'org.apache.kafka.common.security.{module} required username="al\\"ice" password="s=e;c ret";'
    found = translated(SERVERS | {"sasl.jaas.config": jaas})
    assert found == SERVERS | {"sasl.username": 'al"ice', "sasl.password": "s=e;c ret"}


def test_oauthbearer_by_a_token_endpoint() -> None:
    jaas = (
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId='me' clientSecret='x';"
    )
    found = translated(
        SERVERS
        | {
            "sasl.jaas.config": jaas,
            "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
            "sasl.login.callback.handler.class": "org.apache.kafka.OAuthBearerLoginCallbackHandler",
        }
    )
    assert found == SERVERS | {
        "sasl.oauthbearer.client.id": "me",
        "sasl.oauthbearer.client.secret": "x",
        "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
        "sasl.oauthbearer.method": "oidc",
    }


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"bootstrap.servers": ""}, "where is the cluster"),
        (SERVERS | {"group.id": "g"}, "group.id cannot be set"),
        (SERVERS | {"error_cb": "x"}, "error_cb cannot be set"),
        (SERVERS | {"ssl.truststore.location": "/ca.jks"}, "keytool -exportcert"),
        (SERVERS | {"ssl.keystore.location": "/me.jks"}, "keytool -importkeystore"),
        (SERVERS | {"sasl.jaas.config": "com.sun.security.auth.module.Krb5LoginModule required;"}, "sasl.username"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_do(properties: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        translated(properties)


def test_secrets_are_masked() -> None:
    secret = {
        "sasl.password": "tiger1",
        "ssl.key.password": "tiger2",
        "ssl.keystore.key": "tiger3",
        "ssl.key.pem": "tiger4",
        "sasl.jaas.config": "tiger5",
        "sasl.oauthbearer.client.secret": "tiger6",
        "sasl.oauthbearer.config": "tiger7",
        "basic.auth.user.info": "tiger8",
    }
    plain = {"bootstrap.servers": "a:1", "sasl.username": "me", "sasl.oauthbearer.token.endpoint.url": "https://idp"}
    assert masked(plain) == plain
    assert set(masked(secret).values()) == {"***"}
    told = cleaned(" ".join(secret.values()), secret)
    assert "tiger" not in told
