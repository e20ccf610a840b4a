"""`ktui [URL]`: the app on a proxy."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ktui.cli import Work
from ktui.cli.terminal import curtain, need_terminal, prepare_terminal

if TYPE_CHECKING:
    from ktui.config import Config
    from ktui.rest.client import ProxyClient
    from ktui.rest.dialect import Dialect
    from ktui.ui.app import KtuiApp

COMMANDS = """\
commands, each with a --help of its own:
  ktui demo            the app on made-up topics with living traffic; needs no server
  ktui sandbox         a Kafka REST Proxy in memory, for other programs to talk to
  ktui gateway         a Kafka REST Proxy in front of a cluster, without a JVM
  ktui doctor          what a proxy can do, and what is wrong with it
  ktui config          what is configured, and where each value came from

User and password go into the URL or into KTUI_USER and KTUI_PASSWORD, a token into KTUI_TOKEN.
"""


def parse(arguments: list[str]) -> Work:
    """Read the command line of the app."""
    parser = argparse.ArgumentParser(
        prog="ktui",
        description="A terminal UI over the Kafka REST Proxy: browse topics, send records, seek and repair offsets.",
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --insecure is written out
    )
    add_url(parser)
    add_options(parser)
    add_security(parser)
    parser.add_argument("-V", "--version", action="store_true", help="show the version and leave")
    options = parser.parse_args(arguments)
    if options.version:
        parser.error("--version stands alone")
    if options.url in ("demo", "sandbox", "gateway", "doctor", "config"):
        parser.error(f"the command comes first: ktui {options.url} ...")
    return partial(run, options)


def add_url(parser: argparse.ArgumentParser) -> None:
    """Add what says which proxy."""
    parser.add_argument(
        "url",
        nargs="?",
        metavar="URL",
        help="the proxy: http://HOST:PORT, HOST:PORT, or NAME of a [proxy.NAME] in the file "
        "(default: http://localhost:8082); or a cluster without one: kafka://HOST:PORT[,HOST:PORT]",
    )
    parser.add_argument(
        "--dialect",
        metavar="NAME",
        help="which make of proxy it is: Confluent, Karapace, Strimzi, Redpanda or C, K, S, R (default: found out)",
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every command has that shows or prints settings."""
    parser.add_argument("--theme", metavar="NAME", help="colours; ctrl+p in the app lists them")
    parser.add_argument("--keep-mb", type=megabytes, metavar="N", help="megabytes of records to keep (default: 256)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="read this instead of the usual config.toml")


def add_security(parser: argparse.ArgumentParser) -> None:
    """Add how the proxy is trusted, and how we show who we are."""
    add = parser.add_argument_group("security").add_argument
    add(
        "--token-command", metavar="COMMAND", help="a command that prints a Bearer token; run again when it has expired"
    )
    add("--cacert", dest="ca_file", metavar="FILE", help="authorities (PEM) to trust instead of the usual ones")
    add("--cert", dest="cert_file", metavar="FILE", help="our own certificate (PEM), its key inside or in --key")
    add("--key", dest="key_file", metavar="FILE", help="its private key; KTUI_KEY_PASSWORD opens an encrypted one")
    add("--insecure", action="store_true", help="believe whoever answers: no certificate is looked at")
    add_properties(parser.add_argument_group("kafka://"))


def add_properties(group: argparse._ArgumentGroup) -> None:
    """Add how the Kafka client of kafka:// is set."""
    group.add_argument(
        "-X",
        dest="properties",
        type=kafka_property,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a property of the Kafka client, as Java's or librdkafka's clients call it; may be given more than once",
    )
    group.add_argument(
        "--schema-registry",
        metavar="URL",
        help="the registry that the formats avro, jsonschema and protobuf need; with a password in it, better in "
        "KTUI_SCHEMA_REGISTRY",
    )
    group.add_argument("--properties", dest="properties_file", type=Path, metavar="FILE", help="a properties file")


def kafka_property(text: str) -> tuple[str, str]:
    """NAME=VALUE. What is wrong is told without the value, which may be a secret."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError("a property is written NAME=VALUE")
    return name.strip(), value


def megabytes(text: str) -> int:
    """A size in megabytes."""
    if not (text.isdecimal() and 1 <= int(text) <= 65536):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 65536")
    return int(text)


def read_config(options: argparse.Namespace, url: str | None = None) -> Config:
    """Merge the command line with file and environment."""
    from ktui.config import load
    from ktui.security import OPTIONS

    url = url or getattr(options, "url", None)
    given = vars(options)
    return load(
        os.environ,
        path=options.config,
        url=url,
        theme=options.theme,
        keep_mb=options.keep_mb,
        secured={name: given.get(name) for name in OPTIONS},
        insecure=given.get("insecure", False),
        dialect=given.get("dialect"),
        properties=dict(given.get("properties") or ()),
        properties_file=given.get("properties_file"),
        schema_registry=given.get("schema_registry"),
    )


def run(options: argparse.Namespace) -> int:
    """Open the app on the proxy that was named."""
    config = read_config(options)
    need_terminal()
    link = prepare_terminal()

    def connect(url: str) -> ProxyClient:
        return client_of(read_config(options, url))

    with curtain(config.title):
        from ktui.cli.demo import open_demo
        from ktui.ui.app import KtuiApp

        app = KtuiApp(client_of(config), config=config, title=config.title, connect=connect, demo=open_demo, link=link)
    return run_app(app)


def client_of(config: Config) -> ProxyClient:
    """A client of the configured proxy, or of a gateway in this process where it is a cluster."""
    from ktui.address import KAFKA

    if config.url.startswith(KAFKA):
        from ktui.cli import kafka

        return kafka.client_of(config)
    from ktui.rest.auth import Command, Credentials
    from ktui.rest.client import ProxyClient
    from ktui.rest.tls import Tls
    from ktui.security import label

    names = {key: label(key, source) for key, source in config.sources.items()}
    token, password = config.token_command, config.password_command
    credentials = Credentials(
        user=config.user,
        password=config.password,
        password_command=Command(names["password_command"], password) if password else None,
        token=config.token,
        token_command=Command(names["token_command"], token) if token else None,
        headers=config.headers,
    )
    tls = Tls(config.ca_file, config.cert_file, config.key_file, config.key_password, config.insecure, names)
    return ProxyClient(config.url, credentials=credentials, tls=tls, dialect=dialect_of(config))


def dialect_of(config: Config) -> Dialect | None:
    """The make of proxy that was named. Raises ConfigError for a name that none has."""
    from ktui.errors import ConfigError
    from ktui.rest.dialect import DIALECTS, named

    if not config.dialect:
        return None
    if dialect := named(config.dialect):
        return dialect
    known = ", ".join(f"{each.name} ({letter})" for letter, each in DIALECTS.items())
    place = config.sources.get("dialect", "")
    raise ConfigError(f"{config.dialect} ({place}) is no make of proxy that is known here: {known}")


def run_app(app: KtuiApp) -> int:
    """Run the app to its end. Its return code is 1 after a crash."""
    app.run()
    return app.return_code or 0
