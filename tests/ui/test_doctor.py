"""The doctor's screen, by its keys: what it lists, the cause, the way to the proof, and the life of the instance."""

from __future__ import annotations

import pytest

from ktui.errors import ProxyError
from ktui.model import TopicPartition
from ktui.records import diagnosis
from ktui.ui.screens.doctor import DoctorScreen
from ktui.ui.screens.wire import WireScreen
from tests.ui.clinic import clinic
from tests.ui.host import until


@pytest.fixture(autouse=True)
def no_slow_answers(monkeypatch):
    """A machine that has other things to do is no finding."""
    monkeypatch.setattr(diagnosis, "SLOW_SECONDS", 1e9)


async def test_where_nothing_went_wrong_it_says_so():
    async with clinic() as here:
        await here.press("D")
        await here.sees("Nothing went wrong since ktui began.")
        await here.sees("No consumer instance yet")
        await here.press("escape")
        assert here.app.screen is here.main


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_failure_its_cause_and_the_exchange_that_proves_it(size):
    async with clinic(size=size) as here:
        for _ in range(2):
            with pytest.raises(ProxyError):
                await here.proxy.offsets(TopicPartition("orders", 9))
        here.sandbox.faults.fail_next(429)
        with pytest.raises(ProxyError):
            await here.proxy.brokers()
        await here.press("D")
        await here.sees("too many requests")
        await here.sees("The proxy limits the rate of requests.")
        await here.press("down")
        await here.sees("The topic has no such partition.")
        screen = here.app.screen
        assert isinstance(screen, DoctorScreen)
        assert [(each.diagnosis.title, each.count) for each in screen.findings] == [
            ("too many requests", 1),
            ("no such partition", 2),
        ]
        await here.press("enter")
        wire = here.app.screen
        assert isinstance(wire, WireScreen)
        assert wire.selected is screen.findings[1].exchange
        await here.sees("no such partition")
        await here.press("escape", "escape")
        assert here.app.screen is here.main


async def test_the_proof_is_there_when_the_wire_has_long_forgotten_it():
    async with clinic() as here:
        with pytest.raises(ProxyError):
            await here.proxy.topic("nowhere")
        await until(here.pilot, lambda: bool(here.main.doctor.findings))
        here.proxy.exchanges.clear()
        await here.proxy.brokers()
        await here.press("D", "enter")
        assert isinstance(here.app.screen, WireScreen)
        assert here.app.screen.selected is here.main.doctor.findings[0].exchange
        await here.sees("/topics/nowhere")


async def test_the_cursor_stays_on_its_finding():
    async with clinic() as here:
        with pytest.raises(ProxyError):
            await here.proxy.topic("nowhere")
        await here.press("D")
        await here.sees("no such topic")
        here.sandbox.faults.fail_next(429)
        with pytest.raises(ProxyError):
            await here.proxy.brokers()
        await here.sees("too many requests")
        assert here.app.screen.selected.diagnosis.title == "no such topic"


@pytest.mark.parametrize(("letter", "expires"), [("C", "expires in 300 s"), ("K", "expires never")])
async def test_the_life_of_the_instance_that_reads(letter, expires):
    async with clinic(letter) as here:
        await here.open()
        await until(here.pilot, lambda: len(here.main.stream_pane.records) == 3)
        await here.press("D")
        for words in ("created", "assigned +", "positioned +", "last read 0.", "group ktui-", "instance ktui-"):
            await here.sees(words)
        life = here.main.doctor.lives.current
        assert life.reads
        if letter == "C":
            await until(here.pilot, lambda: "expires in 300 s" in here.text or "expires in 299 s" in here.text)
        else:
            await here.sees(expires)


async def test_an_instance_that_is_lost_is_found_and_another_one_lives():
    async with clinic() as here:
        await here.open()
        await until(here.pilot, lambda: here.main.doctor.lives.current is not None)
        first = here.main.doctor.lives.current
        await here.press("space")
        await until(here.pilot, lambda: all(exchange.ok is not None for exchange in here.proxy.exchanges))
        here.sandbox.faults.restart()
        await here.press("space", "D")
        await here.sees("instance is gone")
        await until(here.pilot, lambda: here.main.doctor.lives.current.name != first.name)
        assert first.gone


async def test_the_status_of_a_stream_says_it_in_few_words():
    async with clinic() as here:
        here.sandbox.faults.fail_next(403, times=50, path="POST /consumers")
        here.main.open_topic("orders")
        await here.sees("■ stopped: not allowed (403)")


async def test_outside_text_is_only_text():
    evil = "[/] [red] \x1b]52;c;AAAA\x07 \u202e"
    async with clinic() as here:
        with pytest.raises(ProxyError):
            await here.proxy.topic(evil)
        await here.press("D")
        await here.sees("not accepted")
        await here.sees("[/] [red] ␛]52;c;AAAA␇")
        assert "\x1b" not in here.text
