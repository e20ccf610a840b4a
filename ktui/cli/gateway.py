"""`ktui gateway`: a Kafka REST Proxy in front of a cluster, on a socket."""

from __future__ import annotations

import argparse
import gc
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ktui.cli import Work
from ktui.cli.open import add_properties, read_config
from ktui.cli.sandbox import port

if TYPE_CHECKING:
    from ktui.server.gate import Users

USERS, TOKEN = "KTUI_GATEWAY_USERS", "KTUI_GATEWAY_TOKEN"
SECRETS = f"""\
Secrets are not for the command line, where every user of a machine sees them. The cluster's go into a properties file
or KTUI_PASSWORD (sasl.password, with KTUI_USER), those of the gateway's clients into files or into
{USERS} (USER:PASSWORD, one a line) and {TOKEN}.
"""
OPEN = (
    "{host} can be reached by others, and nobody would have to say who they are: "
    f"give --users or --token-file (or {USERS}, {TOKEN}), or say --open if that is meant"
)


def parse(arguments: list[str]) -> Work:
    """Read the command line of the gateway."""
    parser = argparse.ArgumentParser(
        prog="ktui gateway",
        description="A Kafka REST Proxy (v2 and v3) in front of a cluster. It answers as Confluent's does.",
        epilog=SECRETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "cluster", nargs="?", metavar="CLUSTER", help="kafka://HOST:PORT[,…], or NAME of a [proxy.NAME] with such a url"
    )
    add("--bootstrap-servers", metavar="HOST:PORT[,…]", help="the same, as Kafka's tools are told it")
    add("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=port, default=8082, metavar="PORT", help="port to listen on, 0 for any free (default: 8082)")
    add("--config", type=Path, metavar="FILE", help="read this instead of the usual config.toml")
    add("--log", action="store_true", help="a line for each request on standard error")
    add_properties(parser.add_argument_group("the Kafka client"))
    _add_access(parser)
    _add_bounds(parser)
    options = parser.parse_args(arguments)
    if options.cluster and options.bootstrap_servers:
        parser.error("the cluster is named twice: CLUSTER or --bootstrap-servers")
    if (options.tls_key or options.client_ca) and not options.tls_cert:
        parser.error("--tls-key and --client-ca belong to a --tls-cert")
    return partial(run, options)


def _add_access(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("who may ask").add_argument
    add("--users", type=Path, metavar="FILE", help="a line USER:PASSWORD each, plain or as `htpasswd -s` writes it")
    add("--token-file", type=Path, metavar="FILE", help="Bearer tokens, one a line")
    add("--open", action="store_true", help="everybody, also from other machines")
    add("--read-only", action="store_true", help="nothing is sent, committed, made, changed or deleted in the cluster")
    add("--tls-cert", type=Path, metavar="FILE", help="speak TLS with this certificate (PEM)")
    add("--tls-key", type=Path, metavar="FILE", help="its private key, when that is in a file of its own")
    add("--client-ca", type=Path, metavar="FILE", help="only clients with a certificate of this authority (PEM)")


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("bounds").add_argument
    add("--max-instances", type=count, default=500, metavar="N", help="consumer instances at once (default: 500)")
    add("--max-body-mb", type=count, default=16, metavar="N", help="megabytes of a request's body (default: 16)")
    add("--max-answer-mb", type=count, default=4, metavar="N", help="megabytes of records in a read (default: 4)")
    add("--instance-timeout", type=float, default=300.0, metavar="S", help="idle seconds until an instance is closed")


def count(text: str) -> int:
    """A number of things."""
    if not (text.isdecimal() and 1 <= int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 1000000")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import asyncio

    from ktui.address import KAFKA
    from ktui.cli.kafka import need_librdkafka, properties_of, read_file, registry_of
    from ktui.errors import ConfigError

    url = options.cluster or (options.bootstrap_servers and f"{KAFKA}{options.bootstrap_servers}")
    if url is None and (named := read_file(options.properties_file).get("bootstrap.servers")):
        url = f"{KAFKA}{named}"
    config = read_config(argparse.Namespace(**{"theme": None, "keep_mb": None, **vars(options)}), url)
    if not config.url.startswith(KAFKA):
        raise ConfigError("which cluster? ktui gateway --bootstrap-servers HOST:PORT, or kafka://HOST:PORT")
    need_librdkafka()
    users = users_of(options.users, options.token_file)
    check_open(options, bool(users))
    properties, registry = properties_of(config), registry_of(config)

    from ktui.server.cluster.connection import check

    check(properties)
    asyncio.run(_serve(options, properties, users, registry))
    return 0


async def _serve(
    options: argparse.Namespace, properties: dict[str, str], users: Users, registry: dict[str, object] | None
) -> None:
    from ktui.cli.kafka import schemas_of
    from ktui.cli.sandbox import announce
    from ktui.server.cluster.kafka import ClusterKafka
    from ktui.server.door import Bounds
    from ktui.server.room import MIB
    from ktui.server.serve import serve
    from ktui.server.standing import ServedGateway, Standing

    standing = Standing(
        most_instances=options.max_instances,
        largest_answer=options.max_answer_mb * MIB,
        idle_seconds=options.instance_timeout,
        bounds=Bounds(body=options.max_body_mb * MIB),
        users=users,
        read_only=options.read_only,
        schemas=schemas_of(registry),
        log=options.log,
    )
    served = ServedGateway(ClusterKafka(properties), standing)
    _tune_garbage_collection()
    tls = {"cert": options.tls_cert, "key": options.tls_key, "client_ca": options.client_ca}
    await serve(served, options.host, options.port, say=announce, patience=40, **tls)


def _tune_garbage_collection() -> None:
    """What start-up made stays, and the thousands of messages of one read are no reason to look for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def users_of(passwords: Path | None, tokens: Path | None) -> Users:
    """Who may ask, from files and from the environment."""
    from ktui.server.gate import Users, passwords_of

    known = passwords_of(os.environ.get(USERS, ""), USERS)
    if passwords is not None:
        known |= passwords_of(_text(passwords), str(passwords))
    found = [line.strip() for line in _text(tokens).splitlines()] if tokens else []
    found += [os.environ.get(TOKEN, "")]
    return Users(known, [token for token in found if token])


def _text(path: Path) -> str:
    from ktui.errors import ConfigError

    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None


def check_open(options: argparse.Namespace, guarded: bool) -> None:
    """Refuse to stand open to other machines, unless that is what was asked for."""
    from ktui.address import is_loopback
    from ktui.errors import ConfigError

    if not (guarded or options.open or options.client_ca or is_loopback(options.host)):
        raise ConfigError(OPEN.format(host=options.host or "every address"))
