"""The way to the terminal: when it is clear, when it is choked, and what tells."""

from __future__ import annotations

import pytest

from ktui.ui.link import FELT, LOST, REMEMBERED, REST, TerminalLink


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link(clock: Clock) -> TerminalLink:
    link = TerminalLink(clock)
    link.opened()
    return link


def answer(link: TerminalLink, clock: Clock, seconds: float, idle: float = 0.002) -> None:
    """A screen is written, and the answer comes after so long; `idle`: after how long when nothing is under way."""
    assert link.asks()
    clock.now += seconds
    if link.answered():
        clock.now += idle
        assert not link.answered()


def test_a_fast_link_is_always_clear(link: TerminalLink, clock: Clock) -> None:
    for _ in range(100):
        answer(link, clock, 0.002)
        link.handed(10_000)
        link.writing()
        link.wrote(10_000)
        assert link.clear
        assert not link.slow


def test_what_took_long_is_followed_by_a_rest(link: TerminalLink, clock: Clock) -> None:
    answer(link, clock, 0.002)
    answer(link, clock, 0.302)
    assert link.slow
    assert not link.clear
    assert not link.choked  # a key may draw
    clock.now += 0.3 * REST + 0.001
    assert link.clear
    clock.now += REMEMBERED
    assert not link.slow


def test_nothing_more_while_a_screen_is_under_way(link: TerminalLink, clock: Clock) -> None:
    answer(link, clock, 0.002)
    assert link.asks()
    assert link.clear
    clock.now += FELT + 0.01
    assert link.choked
    assert not link.clear
    assert not link.asks()
    link.answered()
    assert not link.choked


def test_a_far_link_is_not_a_slow_one(link: TerminalLink, clock: Clock) -> None:
    for _ in range(60):
        answer(link, clock, 0.3, idle=0.3)
        assert link.clear
        assert link.asks()
        clock.now += 0.2
        assert link.clear
        clock.now += 0.1
        if link.answered():
            clock.now += 0.3
            link.answered()
    assert not link.slow


def test_an_idle_link_is_measured_after_the_first_answer(link: TerminalLink, clock: Clock) -> None:
    """The first screen is large: what it took says nothing of how long an answer takes."""
    answer(link, clock, 0.4, idle=0.01)
    answer(link, clock, 0.2)
    assert link.slow


def test_a_terminal_that_answers_nothing_is_not_waited_for(link: TerminalLink, clock: Clock) -> None:
    assert link.asks()
    for _ in range(50):
        clock.now += 0.1
        assert link.clear
    assert not link.expects_answer


def test_a_lost_answer_is_not_waited_for_long(link: TerminalLink, clock: Clock) -> None:
    answer(link, clock, 0.002)
    assert link.asks()
    clock.now += LOST / 2
    assert link.choked
    clock.now += LOST
    assert not link.choked
    assert link.asks()


def test_writes_that_block_tell_the_rate(clock: Clock) -> None:
    link = TerminalLink(clock)  # of a terminal that answers nothing
    link.writing()
    clock.now += 0.4
    assert link.choked
    link.wrote(8000)  # 20 kB/s
    assert not link.choked
    assert not link.clear
    clock.now += 1.0
    assert link.clear
    link.handed(2000)
    assert not link.clear
    clock.now += 0.1 * (1 + REST) - 0.01
    assert not link.clear
    clock.now += 0.02
    assert link.clear


def test_more_is_tried_after_a_while(clock: Clock) -> None:
    link = TerminalLink(clock)
    link.writing()
    clock.now += 0.4
    link.wrote(8000)
    clock.now += 600
    link.handed(100_000)
    assert link.clear


def test_nothing_is_asked_after_the_end(link: TerminalLink, clock: Clock) -> None:
    answer(link, clock, 0.002)
    link.closed()
    assert not link.asks()
