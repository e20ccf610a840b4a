"""What the demo's topics hold: for each, how a record is made from a throw of dice. Pure; no clock, no sandbox."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from zlib import crc32

T = TypeVar("T")

MASK = (1 << 64) - 1


class Dice:
    """A small generator, seeded in a microsecond: `random.Random` takes ten, and every record has its own."""

    __slots__ = ("state",)

    def __init__(self, seed: int, name: str, number: int) -> None:
        mixed = (seed * 0x9E3779B97F4A7C15 + crc32(name.encode()) + number * 0xBF58476D1CE4E5B9) & MASK
        mixed ^= mixed >> 31
        self.state = mixed * 0x94D049BB133111EB & MASK

    def roll(self, sides: int) -> int:
        """A number from 0 to `sides` - 1."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % sides

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.roll(len(choices))]


class Made(NamedTuple):
    """A record before it has a place."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True)
class Feed:
    """A topic and its traffic."""

    name: str
    partitions: int
    make: Callable[[Dice, int], Made]
    """From dice and the number of the record: negative numbers are history, 0 is the first live one."""
    rate: float
    """Records a second."""
    history: int
    """Records that are there at the start."""
    deleted: int = 0
    """Records of each partition that retention has taken already: where its offsets begin."""
    compacted: bool = False


NAMES = ("aiko", "amélie", "ibrahim", "josé", "li", "mateo", "noor", "olga", "wanda", "xiu", "zoë", "Þór")
CITIES = ("Lisboa", "Łódź", "København", "東京", "São Paulo", "Nairobi", "Reykjavík", "Montréal")
STATUSES = ("new", "new", "paid", "paid", "paid", "shipped", "shipped", "refunded")
ARTICLES = ("tea, 100 g", 'mug "morning"', "kettle", "strainer ⌀ 7 cm", "teapot, 0.8 l", "matcha 抹茶", "cosy")
PAGES = ("/", "/teas", "/teas/sencha", "/mugs", "/cart", "/checkout", "/about", "/search?q=oolong")
CUSTOMERS = 480
FIRST_ID = 48_000
BEYOND_DOUBLES = 2**53
"""From here on not every integer is a double: a viewer that goes through one shows another number."""


def order(dice: Dice, number: int) -> Made:
    """Nested JSON, keyed by customer; guests have no key, and one id in ten needs more than a double."""
    customer = dice.roll(CUSTOMERS)
    name = NAMES[customer % len(NAMES)]
    guest = dice.roll(25) == 0
    order_id = FIRST_ID + number + (BEYOND_DOUBLES if dice.roll(10) == 0 else 0)
    voucher = f'"TEA-{dice.roll(900) + 100}"' if dice.roll(6) == 0 else "null"
    items = []
    cents = 0
    for _ in range(1 + dice.roll(3)):
        quantity, price = 1 + dice.roll(4), 250 + 50 * dice.roll(90)
        cents += quantity * price
        article = dice.pick(ARTICLES).replace('"', '\\"')
        items.append(f'{{"article": "{article}", "quantity": {quantity}, "price": {price // 100}.{price % 100:02}}}')
    value = (
        f'{{"id": {order_id}, "customer": {{"name": "{name}", "vip": {"true" if customer % 7 == 0 else "false"}}}, '
        f'"status": "{dice.pick(STATUSES)}", "total": {cents // 100}.{cents % 100:02}, "items": [{", ".join(items)}], '
        f'"ship_to": {{"city": "{dice.pick(CITIES)}", "express": {"true" if dice.roll(4) == 0 else "false"}}}, '
        f'"voucher": {voucher}}}'
    )
    headers = (("trace-id", f"{dice.state:016x}".encode()), ("source", b"shop"))
    return Made(None if guest else b"cust-%05d" % customer, value.encode(), headers)


def payment(dice: Dice, number: int) -> Made:
    """Decimals that must keep their zeros, and integers that no double holds."""
    entry = BEYOND_DOUBLES + 2 * number + 1
    micro = dice.roll(10**9)
    value = (
        f'{{"entry": {entry}, "order": {FIRST_ID + 2 * number}, "amount": {dice.roll(900)}.{dice.roll(10)}0, '
        f'"currency": "{dice.pick(("EUR", "JPY", "ISK", "KES"))}", "rate": 1.{micro:09}000, '
        f'"fee": {dice.roll(9) + 1}E-7, "settled": {"true" if dice.roll(3) else "false"}, '
        f'"ledger": {10**22 + dice.roll(10**6)}}}'
    )
    return Made(b"%d" % entry, value.encode())


def click(dice: Dice, number: int) -> Made:
    """Small and many."""
    session = dice.roll(2000)
    page, took = dice.pick(PAGES), dice.roll(900)
    return Made(b"%04x" % session, f'{{"n":{number},"session":"{session:04x}","page":"{page}","ms":{took}}}'.encode())


LEVELS = ("\x1b[32mINFO\x1b[0m ", "\x1b[32mINFO\x1b[0m ", "\x1b[33mWARN\x1b[0m ", "\x1b[1;31mERROR\x1b[0m")
LINES = (
    "GET /orders/{n} 200 in {r} ms",
    "GET /teas?page={r} 304",
    "cache [green]warm[/green], {r} entries [/]",
    "progress  10%\r progress  55%\r progress 100% ({r} files)",
    "config reloaded: [database]\turl=jdbc:postgresql://db/shop\tpool={r}",
    "bell \x07 and backspace \x08\x08 from a terminal that was piped here",
    "user pasted \x1b]52;c;cm0gLXJmIC8=\x07 into the search box",
    'java.lang.IllegalStateException: order {n} is "paid"\n\tat shop.Orders.pay(Orders.java:{r})\n\t... 9 more',
    "name reads backwards: \u202etxt.exe\u202c",
    "👩‍👩‍👧 signed up, 日本語 chosen, ½ price",
    "cursor home \x1b[H\x1b[2J, title \x1b]0;owned\x07, C1 \x9b31m",
    "",
)
WEIGHTS = (0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11)


def app_log(dice: Dice, number: int) -> Made:
    """Plain text as programs write it: colours, control codes, things that look like markup."""
    line = LINES[dice.pick(WEIGHTS)].replace("{n}", str(FIRST_ID + number)).replace("{r}", str(dice.roll(300)))
    host = b"web-%d" % dice.roll(3)
    return Made(host, f"{dice.pick(LEVELS)} {line}".encode() if line else b"")


USERS = 160


def user(dice: Dice, number: int) -> Made:
    """The latest state of each user; a user who left is a tombstone."""
    who = dice.roll(USERS)
    key = b"user-%04d" % who
    if dice.roll(9) == 0:
        return Made(key, None)
    name, city = NAMES[who % len(NAMES)], dice.pick(CITIES)
    value = f'{{"name": "{name}", "city": "{city}", "orders": {dice.roll(90)}, "newsletter": null}}'
    return Made(key, value.encode())


def sensor(dice: Dice, number: int) -> Made:
    """A packed structure, as devices send it: nothing here is text, the key neither."""
    device = dice.roll(40)
    reading = struct.pack(">BHIfh", 1, device, number & 0xFFFFFFFF, 18 + dice.roll(700) / 100, dice.roll(200) - 100)
    return Made(struct.pack(">BH", 0xD0, device), reading + bytes((sum(reading) & 0xFF,)))


POISON: tuple[bytes | None, ...] = (
    b'{"id": 48007, "customer": {"name": "li", "vip": fal',
    '{"id": 48011, "customer": {"name": "José"}, "status": "paid"}'.encode("latin-1"),
    b"\x00\x00\x00\x00\x2a\x02\x06li\x0e\x80\x9c\x01",
    b'{"id": 48017, "total": NaN}',
    b"<html><body>502 Bad Gateway</body></html>",
    b"\xff\xfe{\x00}\x00",
    b"",
    None,
    b"id=48023;status=paid",
)


def dead_letter(dice: Dice, number: int) -> Made:
    """What a consumer of orders could not read, with the reason in the headers."""
    reason = dice.pick((b"JsonParseException", b"MalformedInputException", b"NullPointerException"))
    headers = (("error", reason), ("origin", b"orders/%d" % dice.roll(6)), ("error", b"gave up after 3 tries"))
    return Made(b"cust-%05d" % dice.roll(CUSTOMERS), POISON[number % len(POISON)], headers)


LONGEST = ("legacy.warehouse.eu-central.stock-movements.by-supplier-and-article." * 4)[:246] + ".v3"
"""249 characters, the most that Kafka allows."""


def movement(dice: Dice, number: int) -> Made:
    """Something to see in the topic with the long name."""
    return Made(None, f"{dice.pick(ARTICLES)};{dice.roll(50) - 25:+d}".encode())


FEEDS = (
    Feed("orders", 6, order, rate=6, history=2400, deleted=7600),
    Feed("payments", 3, payment, rate=3, history=900, deleted=4000),
    Feed("clicks", 4, click, rate=300, history=4000, deleted=310_000),
    Feed("app-logs", 1, app_log, rate=4, history=600, deleted=212_000),
    Feed("users", 2, user, rate=0.5, history=900, compacted=True),
    Feed("sensors", 8, sensor, rate=20, history=800, deleted=80_000),
    Feed("orders.DLQ", 1, dead_letter, rate=0.05, history=37),
    Feed(LONGEST, 1, movement, rate=0.2, history=12),
)
EMPTY = {"inventory-adjustments": 3}
"""Topics without a record, and their partitions."""
