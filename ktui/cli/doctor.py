"""`ktui doctor`: is the proxy there, which one is it, what can it do, does reading and sending work."""

from __future__ import annotations

import argparse
import json
from functools import partial
from typing import TYPE_CHECKING

from ktui.cli import Work
from ktui.cli.open import add_options, add_security, add_url, client_of, read_config

if TYPE_CHECKING:
    from ktui.config import Config
    from ktui.records.checkup import Step
    from ktui.rest.capabilities import Capabilities


def parse(arguments: list[str]) -> Work:
    """Read the command line of the doctor."""
    parser = argparse.ArgumentParser(
        prog="ktui doctor",
        description="Examine a proxy: reachable, which make, what it can do, and the life of a consumer instance. "
        "Writes nothing without --send. Leaves with 0 when all is well, 1 when something is wrong.",
        allow_abbrev=False,
    )
    add_url(parser)
    parser.add_argument("--send", metavar="TOPIC", help="also write one record there and read it back")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    add_options(parser)
    add_security(parser)
    return partial(run, parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Examine, tell, and say by the exit code whether something is wrong."""
    import asyncio

    return asyncio.run(examine(read_config(options), options.send, as_json=options.json))


async def examine(config: Config, send_to: str | None, *, as_json: bool) -> int:
    """Print each step as it ends, then what the proxy can do."""
    from ktui.records.checkup import Checkup, Result

    client = client_of(config)
    steps: list[Step] = []
    try:
        async for step in Checkup(client, send_to=send_to).steps():
            steps.append(step)
            if not as_json:
                print("\n".join(lines(step)), flush=True)
    finally:
        await client.aclose()
    found = client.capabilities
    if as_json:
        print(json.dumps(report(client.url, steps, found), indent=2))
    elif found.signs:
        print("\n".join(["", *table(found)]))
    return int(any(step.result is Result.PROBLEM for step in steps))


def lines(step: Step) -> list[str]:
    """A step as text: what was seen, and under it why and what to do."""
    shown = [f"{step.result.value:<8} {safe(step.title)}" + (f": {safe(step.says)}" if step.says else "")]
    shown += [f"{'':<8}   {safe(text)}" for text in (step.cause, step.next_step) if text]
    if step.exchange is not None and step.result.value in ("problem", "note"):
        exchange = step.exchange
        answer = exchange.status or exchange.failure or "no answer"
        shown.append(f"{'':<8}   seen: {safe(f'{exchange.method} {exchange.path} → {answer}')}")
    return shown


def table(found: Capabilities) -> list[str]:
    """What was seen while probing, then one line per capability."""
    shown = ["What it answered", *(f"  {safe(str(sign))}" for sign in found.signs), "", "What it can do"]
    width = max(len(entry.title) for entry in found)
    for entry in found:
        text = entry.call if entry.available else entry.why_not
        shown.append(f"  {'yes' if entry.available else 'no':<4} {entry.title:<{width}}  {safe(text)}")
    return shown


def report(url: str, steps: list[Step], found: Capabilities) -> dict[str, object]:
    """All of it for a program."""
    return {
        "url": url,
        "server": found.dialect.name if found.signs else None,
        "forced": found.forced,
        "votes": dict(found.votes),
        "steps": [
            {
                "title": step.title,
                "result": step.result.value,
                "says": step.says,
                "cause": step.cause,
                "next_step": step.next_step,
            }
            for step in steps
        ],
        "signs": [{"request": sign.request, "status": sign.status, "says": sign.says} for sign in found.signs],
        "capabilities": {
            entry.id: {"available": entry.available, "why_not": entry.why_not, "evidence": entry.evidence}
            for entry in (found if found.signs else ())
        },
    }


def safe(text: str) -> str:
    """Outside text with nothing in it that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
