"""`ktui config`: the merged settings and where each came from. Secrets are said to be there, never shown."""

from __future__ import annotations

import argparse
from functools import partial

from ktui.cli import Work
from ktui.cli.open import add_options, add_security, add_url, read_config


def parse(arguments: list[str]) -> Work:
    """Read the command line of `ktui config`."""
    parser = argparse.ArgumentParser(
        prog="ktui config", description="Show what is configured, and where each value came from.", allow_abbrev=False
    )
    add_url(parser)
    add_options(parser)
    add_security(parser)
    return partial(run, parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Print one line per setting."""
    from ktui.server.cluster.properties import masked
    from ktui.server.schemas.settings import bare, divided

    config = read_config(options)
    properties, registry = divided(config.properties)
    registry_url = config.schema_registry or registry.pop("url", None)
    properties |= {f"schema.registry.{name}": value for name, value in registry.items() if name != "url"}
    exists = config.path is not None and config.path.exists()
    print(f"{'file':<15} {config.path}{'' if exists else '  (does not exist)'}")
    shown = {
        "url": config.url,
        "user": config.user or "none",
        "password": secret(config.password, config.password_command),
        "token": secret(config.token, config.token_command),
        "ca_file": str(config.ca_file or "the usual authorities"),
        "cert_file": str(config.cert_file or "none"),
        "key_file": str(config.key_file or ("in cert_file" if config.cert_file else "none")),
        "insecure": "yes: whoever answers is believed" if config.insecure else "no",
        "dialect": config.dialect or "found out by asking",
        "headers": ", ".join(sorted(config.headers)) or "none",
        "properties_file": str(config.properties_file or "none"),
        "properties": ", ".join(f"{name}={value}" for name, value in masked(properties).items()) or "none",
        "schema_registry": bare(registry_url) if registry_url else "none",
        "theme": config.theme or "the app's own",
        "keep_mb": str(config.keep_mb),
        "lanes": "as many as pay on this server" if config.lanes is None else str(config.lanes),
        "keys": ", ".join(f"{name} = {key}" for name, key in sorted(config.keys.items())) or "none",
    }
    keys = max(map(len, shown))
    width = max(map(len, shown.values()))
    for key, text in shown.items():
        source = config.sources.get(key) or config.sources.get(f"{key}_command", "default")
        print(f"{key:<{keys}} {text:<{width}}  ({source})")
    return 0


def secret(value: str | None, command: str | None) -> str:
    """That there is one, never what it is."""
    return "set" if value else "from a command" if command else "none"
