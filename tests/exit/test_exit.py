"""However the app is left, the proxy holds no instance of ours afterwards."""

import signal
from collections.abc import Iterator

import pytest

from tests.exit.conftest import TOPICS, Served
from tests.exit.terminal import Terminal, became, until

ENTER, UP, DOWN, CTRL_Q, F12 = "\r", "\x1b[A", "\x1b[B", "\x11", "\x1b[24~"
SHOW_CURSOR, MAIN_SCREEN = b"\x1b[?25h", b"\x1b[?1049l"


def open_topic(app: Terminal, served: Served) -> None:
    """Open the first topic and wait until its records are being read."""
    app.press(ENTER)
    until(lambda: served.asked("GET /consumers/"), "records are read")
    until(lambda: bool(served.sandbox.instances), "an instance is open")


def assert_nothing_left(served: Served) -> None:
    assert served.creates() > 0
    until(lambda: not served.sandbox.instances, f"no instance left: {served.sandbox.instances}")


@pytest.mark.parametrize("key", [CTRL_Q, "q"])
def test_quit(app: Terminal, served: Served, key: str) -> None:
    open_topic(app, served)
    app.press(key)
    assert app.wait() == 0
    assert_nothing_left(served)
    assert app.output.endswith((SHOW_CURSOR, MAIN_SCREEN)) or MAIN_SCREEN in app.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal(app: Terminal, served: Served, number: signal.Signals) -> None:
    open_topic(app, served)
    app.signal(number)
    app.wait()
    assert_nothing_left(served)
    assert MAIN_SCREEN in app.output


@pytest.mark.parametrize("drawn", ["opening", "Topics"])
def test_a_signal_while_it_starts(drawn: str) -> None:
    """When the first line is there, which Python draws at once, and when the panes are, but not all that is in them."""
    app = Terminal("-m", "ktui", "demo")
    try:
        app.wait_for(drawn)
        app.signal(signal.SIGTERM)
        assert app.wait() in (0, 128 + signal.SIGTERM)
        until(lambda: MAIN_SCREEN in app.output, "the screen of before")
        assert "Traceback" not in app.text
    finally:
        app.close()


def test_the_terminal_is_closed(app: Terminal, served: Served) -> None:
    open_topic(app, served)
    app.hang_up()
    app.wait()
    assert_nothing_left(served)


@pytest.fixture
def crashing(served: Served) -> Iterator[Terminal]:
    terminal = Terminal("-m", "tests.exit.crashing", served.url)
    try:
        terminal.wait_for("topic-00")
        yield terminal
    finally:
        terminal.close()


def test_a_crash_in_a_handler(crashing: Terminal, served: Served) -> None:
    open_topic(crashing, served)
    crashing.press(F12)
    assert crashing.wait() == 1
    crashing.wait_for("a bug, on purpose")
    assert_nothing_left(served)


def test_quit_while_a_create_is_under_way_on_a_slow_proxy(app: Terminal, served: Served) -> None:
    served.sandbox.faults.latency = 0.7
    app.press(ENTER)
    until(lambda: served.creates() == 1, "an instance is being made")
    assert not served.sandbox.instances
    app.press(CTRL_Q)
    assert app.wait() == 0
    assert_nothing_left(served)
    assert served.asked("DELETE /consumers/")


def test_a_hundred_fast_topic_switches(app: Terminal, served: Served) -> None:
    for turn in range(100):
        drawn, made = len(app.output), served.creates()
        app.press("1")
        became(lambda: len(app.output) > drawn, 0.3)  # noqa: B023
        app.press((UP * TOPICS if turn % TOPICS == 0 else DOWN) + ENTER)
        if turn % 3 == 0:  # else the next key comes at once, wherever the opening is by then
            became(lambda: served.creates() > made, 1.0)  # noqa: B023
    assert served.creates() >= 30
    app.press(CTRL_Q)
    assert app.wait() == 0
    assert_nothing_left(served)


def test_quit_while_the_proxy_is_away(app: Terminal, served: Served) -> None:
    open_topic(app, served)
    served.sandbox.faults.fail_next(503, times=10_000)
    until(lambda: len(served.sandbox.faults.failures) == 1, "the fault is set")
    app.press(CTRL_Q)
    assert app.wait(6) == 0  # what cannot be deleted is given up after three seconds
