"""`ktui config`: the merged settings and where each came from. Secrets are said to be there, never shown."""

from __future__ import annotations

import argparse
from functools import partial

from ktui.cli import Work
from ktui.cli.open import add_options, add_url, read_config


def parse(arguments: list[str]) -> Work:
    """Read the command line of `ktui config`."""
    parser = argparse.ArgumentParser(
        prog="ktui config", description="Show what is configured, and where each value came from."
    )
    add_url(parser)
    add_options(parser)
    return partial(run, parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Print one line per setting."""
    config = read_config(options)
    exists = config.path is not None and config.path.exists()
    print(f"file      {config.path}{'' if exists else '  (does not exist)'}")
    shown = {
        "url": config.url,
        "user": config.user or "none",
        "password": "set" if config.password else "none",
        "headers": ", ".join(sorted(config.headers)) or "none",
        "theme": config.theme or "the app's own",
        "keep_mb": str(config.keep_mb),
        "keys": ", ".join(f"{name} = {key}" for name, key in sorted(config.keys.items())) or "none",
    }
    width = max(map(len, shown.values()))
    for key, text in shown.items():
        print(f"{key:<9} {text:<{width}}  ({config.sources.get(key, 'default')})")
    return 0
