"""The layers: who may import whom, read from the source, and what a fresh interpreter loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ktui"

FORBIDDEN: dict[str, set[str]] = {
    "model": {"ktui", "httpx", "textual", "rich"},
    "errors": {"ktui", "httpx", "textual", "rich"},
    "decode": {"httpx", "textual", "rich", "ktui.rest", "ktui.records", "ktui.ui", "ktui.server", "ktui.cli"},
    "config": {"httpx", "textual", "rich", "ktui.rest", "ktui.records", "ktui.ui", "ktui.server", "ktui.cli"},
    "settings": {"httpx", "textual", "rich", "ktui.rest", "ktui.records", "ktui.ui", "ktui.server", "ktui.cli"},
    "address": {"httpx", "textual", "rich", "ktui.rest", "ktui.records", "ktui.ui", "ktui.server", "ktui.cli"},
    "security": {"httpx", "textual", "rich", "ktui.rest", "ktui.records", "ktui.ui", "ktui.server", "ktui.cli"},
    "rest": {"textual", "rich", "ktui.records", "ktui.ui", "ktui.server", "ktui.cli"},
    "records": {"httpx", "textual", "rich", "ktui.ui", "ktui.server", "ktui.cli"},
    "server": {"textual", "rich", "ktui.rest", "ktui.records", "ktui.ui", "ktui.cli", "confluent_kafka"},
    "ui": {"httpx", "ktui.server", "ktui.cli"},
}
ALLOWED: dict[str, set[str]] = {
    "errors/": {"ktui.model"},
    "server/cluster/": {"confluent_kafka"},
    "server/schemas/registry/": {"confluent_kafka"},
}
"""Exceptions from the above, of a module or a whole folder."""
EVERYWHERE_BUT = {
    "aiohttp": {"rest"},
    "httpx": {"rest", "server"},
    "textual": {"ui"},
    "rich": {"ui"},
    "ktui.ui": {"ui", "cli"},
}
"""What only these may import."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module, as `rest/client`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__"), path


def imported(path: Path) -> set[str]:
    """Full names of what a module imports anywhere in it, functions included."""
    names: set[str] = set()
    package = ["ktui", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def offences(module: str, names: set[str]) -> list[str]:
    """What of `names` the module may not import."""
    layer = module.partition("/")[0]
    forbidden = set(FORBIDDEN.get(layer, set()))
    forbidden |= {package for package, layers in EVERYWHERE_BUT.items() if layer not in layers}
    allowed = {name for place, names in ALLOWED.items() if f"{module}/".startswith(place) for name in names}
    return sorted(
        name
        for name in names
        if any(within(name, package) for package in forbidden) and not any(within(name, package) for package in allowed)
    )


def test_every_module_keeps_to_its_layer() -> None:
    found = {module: offences(module, imported(path)) for module, path in modules()}
    assert len(found) > 20
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("model", "ktui.errors.KtuiError"),
        ("errors", "ktui.config.Config"),
        ("rest/client", "ktui.records.log.RecordLog"),
        ("records/stream", "httpx"),
        ("records/stream", "textual.app.App"),
        ("server/app", "ktui.rest.codec"),
        ("server/memory/log", "confluent_kafka"),
        ("server/clusters", "confluent_kafka"),
        ("server/cluster/topics", "ktui.rest.codec"),
        ("ui/app", "ktui.server.sandbox.Sandbox"),
        ("ui/panes/stream", "httpx"),
        ("decode", "rich.text"),
        ("config", "ktui.ui.app"),
        ("cli/demo", "textual.app"),
    ],
)
def test_the_rule_would_notice(module: str, name: str) -> None:
    assert offences(module, {name}) == [name]


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after running `code`."""
    names = "{name.partition('.')[0] for name, module in sys.modules.items() if module}"
    script = f"{code}\nimport sys; print('\\n' + ' '.join({names}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(run.stdout.splitlines()[-1].split())


def test_records_need_no_screen() -> None:
    modules = loaded("import ktui.records.stream, ktui.records.log, ktui.records.target")
    assert "ktui" in modules
    assert not modules & {"textual", "starlette", "httpx", "aiohttp"}  # httpx comes with the first request


def test_httpx_comes_without_its_command_line() -> None:
    modules = loaded("import ktui.rest.carriers, httpx")
    assert "httpx" in modules
    assert not modules & {"click", "rich", "pygments"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_command_answers_at_once(option: str) -> None:
    code = f"""
import sys
sys.argv = ["ktui", "{option}"]
from ktui.cli import main
try:
    main()
except SystemExit:
    pass
"""
    assert not loaded(code) & {"textual", "rich", "httpx", "aiohttp", "starlette", "click"}
