"""`ktui sandbox`: the sandbox on a socket, for other programs to talk to."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from ktui.cli import Work


def parse(arguments: list[str]) -> Work:
    """Read the command line of the sandbox."""
    from ktui.server.flavours import FLAVOURS

    makes = ", ".join(f"{letter} {flavour.name}" for letter, flavour in FLAVOURS.items())
    parser = argparse.ArgumentParser(
        prog="ktui sandbox",
        description="A Kafka REST Proxy in memory. Nothing is kept when it ends.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=port, default=8082, metavar="PORT", help="port to listen on, 0 for any free (default: 8082)")
    add(
        "--topic",
        type=topic,
        action="append",
        default=[],
        metavar="NAME[:PARTITIONS]",
        help="an empty topic; may be given more than once",
    )
    add("--topics", type=Path, metavar="FILE", help="topics with their records, from a JSON file")
    add("--flavour", choices=FLAVOURS, default="C", help=f"the make of proxy to play: {makes} (default: C)")
    add("--auto-create", action="store_true", help="producing to an unknown topic creates it")
    add("--instance-timeout", type=float, default=300.0, metavar="S", help="idle seconds until a consumer is forgotten")
    add("--tls-cert", type=Path, metavar="FILE", help="speak TLS with this certificate (PEM)")
    add("--tls-key", type=Path, metavar="FILE", help="its private key, when that is in a file of its own")
    faults = parser.add_argument_group("faults, to see what a client makes of them")
    faults.add_argument("--latency", type=float, default=0.0, metavar="MS", help="answer everything this much later")
    faults.add_argument(
        "--fail-next",
        type=failure,
        action="append",
        default=[],
        metavar="STATUS[:N]",
        help="answer the next N requests (one) with this status",
    )
    faults.add_argument("--base-uri", metavar="URL", help="the address that new consumers are told, reachable or not")
    options = parser.parse_args(arguments)
    if options.tls_key and not options.tls_cert:
        parser.error("--tls-key belongs to a --tls-cert")
    return partial(run, options)


def port(text: str) -> int:
    """A port number."""
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to 65535")
    return int(text)


def topic(text: str) -> tuple[str, int]:
    """NAME or NAME:PARTITIONS."""
    name, colon, partitions = text.partition(":")
    if not name or (colon and not (partitions.isdecimal() and int(partitions) > 0)):
        raise argparse.ArgumentTypeError(f"{text} is not NAME or NAME:PARTITIONS")
    return name, int(partitions or 1)


def failure(text: str) -> tuple[int, int]:
    """STATUS or STATUS:N."""
    status, colon, times = text.partition(":")
    if not (status.isdecimal() and 400 <= int(status) <= 599) or (colon and not times.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is not STATUS or STATUS:N, with STATUS from 400 to 599")
    return int(status), int(times or 1)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import asyncio

    from ktui.errors import ConfigError
    from ktui.server.flavours import FLAVOURS
    from ktui.server.memory.load import load_topics
    from ktui.server.sandbox import Sandbox
    from ktui.server.serve import serve

    async def main() -> None:
        sandbox = Sandbox(
            flavour=FLAVOURS[options.flavour],
            auto_create=options.auto_create,
            instance_timeout=options.instance_timeout,
        )
        if options.topics:
            load_topics(sandbox.topics, options.topics)
        for name, partitions in options.topic:
            try:
                sandbox.topics.create(name, partitions)
            except ValueError as error:  # taken, or not a name
                raise ConfigError(f"--topic {name}: {error}") from None
        sandbox.faults.latency = options.latency / 1000
        sandbox.faults.base_uri = options.base_uri
        for status, times in options.fail_next:
            sandbox.faults.fail_next(status, times)
        await serve(sandbox, options.host, options.port, say=announce, cert=options.tls_cert, key=options.tls_key)

    asyncio.run(main())
    return 0


def announce(url: str) -> None:
    """Say where it listens, at once: a program that started us may be waiting for the line."""
    print(f"listening on {url} (ctrl+c ends it)", flush=True)
