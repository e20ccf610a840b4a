"""Draw the pictures of the README from the demo: `python screenshots/take.py [NAME ...]`.

The demo runs here on a clock of its own, which jumps to the next thing that is due instead of waiting for it. With a
fixed seed nothing is left to chance: a picture is the same, byte for byte, on every run, and `git diff screenshots/`
afterwards shows what changed in the look.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import selectors
import time
from dataclasses import dataclass
from pathlib import Path

os.environ["TZ"] = "UTC"  # times on the screen are local
os.environ["TEXTUAL_ANIMATIONS"] = "none"
time.tzset()


class JumpingSelector(selectors.DefaultSelector):
    """What an event loop waits with. Nothing comes from outside here, so instead of waiting it moves the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is not None:
            JumpingSelector.now += max(timeout, 0.0)
        return ready


# Before Textual and asyncio's loop take these functions for themselves.
time.monotonic = time.perf_counter = lambda: JumpingSelector.now
time.process_time = lambda: 0.0  # Textual's pilot calls the app idle when this does not grow

from ktui.config import Config  # noqa: E402
from ktui.rest.client import ProxyClient  # noqa: E402
from ktui.server.demo import demo  # noqa: E402
from ktui.ui.app import KtuiApp  # noqa: E402

HERE = Path(__file__).parent
NOON = 1_795_262_400.0
"""2026-11-21 12:00 UTC, when the demo starts."""
LATENCY = 0.006
"""Seconds that every answer takes."""
LIVE = 12.0
"""Seconds of traffic that a topic shows."""


@dataclass(frozen=True)
class Scene:
    """One picture: what is pressed in a terminal of a size, in a theme."""

    name: str
    size: tuple[int, int]
    theme: str
    steps: tuple[tuple[str, ...] | float, ...]
    """Keys that are pressed, and seconds that are waited."""


ORDERS = (1.0, ("slash", *"orders", "enter"), ("enter",), 1.0)
BILLING = (("3", "o", *"billing", "enter"), 1.0)
DRAFT = ("4", "shift+tab", "shift+tab", *"cust-00481", "tab", "tab", *'{"id": 9007199254740993, "total": 12.50}')
MARKS = ("z", "v", *("up",) * 4, "x", *("up",) * 5, "x", "up")
SCENES = (
    Scene("main", (160, 44), "ktui-dark", (1.0, ("down",) * 4, ("enter",), *BILLING, DRAFT, ("escape",), ("2",), LIVE)),
    Scene("fields", (120, 36), "ktui-dark", (*ORDERS, LIVE, ("t", "z"), 1.0, ("up",) * 9, 1.0)),
    Scene("figures", (120, 36), "ktui-dark", (*ORDERS, LIVE, MARKS, 1.0)),
    Scene("record", (120, 36), "ktui-dark", (*ORDERS, LIVE, ("up", "up", "enter"), 1.0)),
    Scene("offsets", (120, 36), "ktui-light", (*ORDERS, *BILLING, LIVE, ("down", "down", "s", *"181"), 1.0)),
    Scene("narrow", (80, 24), "ktui-dark", (*ORDERS, LIVE)),
)


async def take(scene: Scene) -> str:
    """Play a scene and return its picture as SVG."""
    started = time.monotonic()
    running = demo(seed=1, clock=lambda: NOON + time.monotonic() - started)
    running.sandbox.faults.latency = LATENCY
    proxy = ProxyClient("http://demo:8082", transport=running.sandbox.transport())
    app = KtuiApp(proxy, config=Config(theme=scene.theme), title="demo", background=running.run)
    try:
        async with app.run_test(size=scene.size) as pilot:
            for step in scene.steps:
                await (pilot.pause(step) if isinstance(step, float) else pilot.press(*step))
            return app.export_screenshot(title="ktui demo")
    finally:
        await running.sandbox.aclose()


def draw(scene: Scene) -> str:
    """Take a scene on a loop that jumps."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(JumpingSelector())) as runner:
        return runner.run(take(scene))


def main() -> None:
    """Write the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description="Draw the pictures of the README.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures to draw (default: all)")
    parser.add_argument("--into", type=Path, default=HERE, metavar="FOLDER", help="where to (default: beside this)")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        if not options.names or scene.name in options.names:
            (options.into / f"{scene.name}.svg").write_text(draw(scene), encoding="utf-8")


if __name__ == "__main__":
    main()
