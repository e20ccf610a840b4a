"""`kafka://`: a client of a gateway in this process, over the cluster that is named. No port is opened."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ktui.address import KAFKA
from ktui.config import Config
from ktui.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from ktui.rest.client import ProxyClient
    from ktui.server.schemas.schemas import Schemas
    from ktui.server.within import GatewayTransport

MISSING = "asking a cluster itself needs confluent-kafka, which is not installed: pip install 'ktui[kafka]'"
WOULD_LISTEN = "http://127.0.0.1:8082"
"""Where `ktui gateway` listens: copied commands work with one beside us."""


def client_of(config: Config) -> ProxyClient:
    """A client of the configured cluster. ConfigError when its properties cannot be."""
    need_librdkafka()
    from ktui.cli.open import dialect_of
    from ktui.rest.client import ProxyClient
    from ktui.server.cluster.connection import check

    properties, registry = properties_of(config), registry_of(config)
    check(properties)

    def transport() -> GatewayTransport:
        from ktui.server.cluster.kafka import ClusterKafka
        from ktui.server.gateway import Gateway
        from ktui.server.within import GatewayTransport

        return GatewayTransport(lambda: Gateway(ClusterKafka(properties), schemas=schemas_of(registry)))

    return ProxyClient(WOULD_LISTEN, transport=transport, stands_for=config.url, dialect=dialect_of(config))


def need_librdkafka() -> None:
    """Raise a sentence when the client library is not there."""
    if importlib.util.find_spec("confluent_kafka") is None:
        raise ConfigError(MISSING)


def properties_of(config: Config) -> dict[str, str]:
    """Everything the Kafka client is told: the address, who we are, and over both what was said by its own names."""
    given, _ = _given(config)
    named = {"bootstrap.servers": config.url.removeprefix(KAFKA)} if config.url.startswith(KAFKA) else {}
    return {**_security(config, given), **given, **named}


def _given(config: Config) -> tuple[dict[str, str], dict[str, str]]:
    """What was said by the names of properties, to the Kafka client and to that of the schema registry."""
    from ktui.server.schemas.settings import divided

    return divided({**read_file(config.properties_file), **config.properties})


def registry_of(config: Config) -> dict[str, object] | None:
    """What the client of the schema registry is told; None without one. ConfigError."""
    from ktui.server.schemas.settings import require, settings

    own = _given(config)[1]
    url = own.pop("url", None)
    url = config.schema_registry or url
    if not url:
        return None
    require()
    return settings(url, own)


def schemas_of(registry: Mapping[str, object] | None) -> Schemas | None:
    """What reads and writes by the schemas of a registry."""
    from ktui.server.schemas.registry import Registry
    from ktui.server.schemas.schemas import Schemas

    return Schemas(Registry(registry)) if registry else None


def read_file(path: Path | None) -> dict[str, str]:
    """A properties file, as other Kafka tools read it."""
    from ktui.server.cluster.properties import parsed

    if path is None:
        return {}
    try:
        return parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None


def _security(config: Config, given: Mapping[str, str]) -> dict[str, str]:
    """What ktui's own settings mean to a Kafka client. Whoever names a user and nothing else means PLAIN over TLS."""
    password = _printed(config.password_command) if config.password_command else config.password
    own = {
        "sasl.username": config.user,
        "sasl.password": password,
        "ssl.ca.location": config.ca_file and str(config.ca_file),
        "ssl.certificate.location": config.cert_file and str(config.cert_file),
        "ssl.key.location": (config.key_file or config.cert_file) and str(config.key_file or config.cert_file),
        "ssl.key.password": config.key_password,
        "enable.ssl.certificate.verification": "false" if config.insecure else None,
    }
    found = {name: value for name, value in own.items() if value}
    if "security.protocol" not in given:
        tls = any(name.startswith(("ssl.", "enable.ssl")) for name in found)
        if "sasl.username" in found:
            found["security.protocol"] = "SASL_SSL"
        elif tls:
            found["security.protocol"] = "SSL"
    if "sasl.username" in found and not {"sasl.mechanism", "sasl.mechanisms"} & given.keys():
        found["sasl.mechanism"] = "PLAIN"
    return found


def _printed(command: str) -> str:
    """What a command prints. Its own words are not shown: they may hold secrets."""
    import shlex
    import subprocess

    try:
        run = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=30, check=True)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ConfigError(f"password_command gave no password: {type(error).__name__}") from None
    return run.stdout.rstrip("\r\n")
