"""Who we say we are: each kind of credentials, and those of a command fetched again after a 401."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from ktui.errors import ConfigError, Forbidden, Unreachable
from ktui.model import Draft
from ktui.records.stream import Stream
from ktui.rest import auth
from ktui.rest.auth import Command, Credentials
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.guard import Guard, Vault, basic, client_of, python
from tests.unit.test_stream import T0, Reader
from tests.unit.waiting import until

SECRET = "s3cr3t-t0k3n-of-the-test"


@pytest.fixture
def guard(sandbox: Sandbox) -> Guard:
    """Stands before the sandbox from now on."""
    sandbox.topics.create("t")
    sandbox.app = guard = Guard(sandbox.app, "Bearer one-token")
    return guard


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path)
    vault.hold("one-token")
    return vault


@pytest.mark.parametrize(
    ("credentials", "authorization"),
    [
        (Credentials(user="ann", password="pä:ss"), basic("ann:pä:ss")),
        (Credentials(user="ann"), basic("ann:")),
        (Credentials(token="abc.def"), "Bearer abc.def"),
        (Credentials(headers={"authorization": "Custom x"}), "Custom x"),
        (Credentials(user="ann", password="x", headers={"Authorization": "Custom x"}), "Custom x"),
        (Credentials(token="abc", headers={"Authorization": "Custom x"}), "Bearer abc"),
        (Credentials(token_command=python("print('from a command')")), "Bearer from a command"),
        (Credentials(user="ann", password_command=python("print('pass word')")), basic("ann:pass word")),
        (Credentials(), ""),
    ],
)
async def test_every_kind_of_credentials(
    sandbox: Sandbox, guard: Guard, credentials: Credentials, authorization: str
) -> None:
    guard.authorization = authorization
    client = client_of(sandbox, credentials)
    assert await client.topics() == ["t"]
    await client.aclose()


async def test_extra_headers_go_with_every_request(sandbox: Sandbox, guard: Guard) -> None:
    seen = []

    async def look(scope, receive, send):  # type: ignore[no-untyped-def]
        seen.append(dict(scope["headers"]))
        await guard(scope, receive, send)

    sandbox.app = look
    client = client_of(sandbox, Credentials(token="one-token", headers={"X-Tenant": "shöp", "user-agent": "mine"}))
    await client.topics()
    assert seen[0][b"x-tenant"].decode() == "shöp"
    assert seen[0][b"user-agent"] == b"mine"
    await client.aclose()


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X Tenant": SECRET}, "'X Tenant' is not the name"),
        ({"accept": SECRET}, "accept depends on the request"),
        ({"X-Token": f"{SECRET}\nX-Other: 1"}, "the value of X-Token cannot be sent"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_without_their_values(headers: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Credentials(headers=headers)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


async def test_the_command_is_run_once_and_again_after_a_401(sandbox: Sandbox, guard: Guard, vault: Vault) -> None:
    client = client_of(sandbox, Credentials(token_command=vault.command))
    assert vault.runs == 0
    await asyncio.gather(client.topics(), client.topics(), client.topics())
    await client.topics()
    assert vault.runs == 1
    vault.hold("two-token")
    guard.authorization = "Bearer two-token"
    assert await asyncio.gather(*(client.topics() for _ in range(8))) == [["t"]] * 8
    assert vault.runs == 2
    assert [exchange.status for exchange in client.exchanges].count(401) == 8
    assert client.failed_count == 0
    await client.aclose()


async def test_a_write_is_sent_again_after_a_401_and_stored_once(sandbox: Sandbox, guard: Guard, vault: Vault) -> None:
    client = client_of(sandbox, Credentials(token_command=vault.command))
    await client.topics()
    vault.hold("two-token")
    guard.authorization = "Bearer two-token"
    (produced,) = await client.produce("t", [Draft("t", None, b"x")])
    assert produced.offset == 0
    assert sandbox.topics["t"].partitions[0].end == 1
    await client.aclose()


async def test_a_401_about_single_records_is_not_sent_again(sandbox: Sandbox, guard: Guard, vault: Vault) -> None:
    report = '{"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null}],"value_schema_id":null}'
    sandbox.faults.fail_next(401, body=report, path="POST")
    client = client_of(sandbox, Credentials(token_command=vault.command))
    await client.produce("t", [Draft("t", None, b"x")])
    assert len(client.exchanges) == 1
    assert vault.runs == 1
    await client.aclose()


async def test_the_same_token_again_is_not_sent_again(sandbox: Sandbox, guard: Guard, vault: Vault) -> None:
    guard.authorization = "Bearer other-token"
    client = client_of(sandbox, Credentials(token_command=vault.command))
    for _ in range(3):
        with pytest.raises(Forbidden):
            await client.topics()
    assert len(client.exchanges) == 3
    assert vault.runs == 2  # once to begin with, once after the first 401; then not for a while
    await client.aclose()


async def test_refused_tokens_are_fetched_once_per_request(
    sandbox: Sandbox, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "PAUSE_SECONDS", 0.0)
    guard.authorization = "Bearer none"
    client = client_of(sandbox, Credentials(token_command=python("import time; print(time.time_ns())")))
    for calls in (2, 4):
        with pytest.raises(Forbidden):
            await client.topics()
        assert len(client.exchanges) == calls
    await client.aclose()


async def test_fixed_credentials_are_not_sent_twice(sandbox: Sandbox, guard: Guard) -> None:
    client = client_of(sandbox, Credentials(token="old"))
    with pytest.raises(Forbidden):
        await client.topics()
    assert len(client.exchanges) == 1
    await client.aclose()


async def test_a_stream_goes_on_when_its_instance_dies_with_the_token(
    sandbox: Sandbox, guard: Guard, vault: Vault, clock: Clock
) -> None:
    client = client_of(sandbox, Credentials(token_command=vault.command))
    reader = Reader(Stream(client, {T0: 0}, sleep=clock.sleep, clock=clock))
    for n in range(3):
        sandbox.topics.append("t", 0, None, b"%d" % n)
    await reader.come(3)
    vault.hold("two-token")
    guard.authorization = "Bearer two-token"
    for n in range(3, 6):  # the read under way was admitted before
        sandbox.topics.append("t", 0, None, b"%d" % n)
        await reader.come(n + 1)
    await reader.stop()
    assert [record.value for record in reader.records] == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert not reader.gaps
    assert not reader.troubles
    statuses = [exchange.status for exchange in client.exchanges]
    assert 401 in statuses
    assert 404 in statuses[statuses.index(401) :]
    assert vault.runs == 2
    await client.aclose()


@pytest.mark.parametrize(("line", "words"), [("", "names no command"), ("a 'b", "cannot be read as a command")])
def test_a_command_that_cannot_be_read(line: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Command("token_command", line)


def test_a_token_that_no_header_takes() -> None:
    with pytest.raises(ConfigError, match="the token holds characters") as caught:
        Credentials(token=f"{SECRET}\n")
    assert SECRET not in str(caught.value)


def sleeping(folder: Path) -> Command:
    """Writes its process id and that of a child, then both wait."""
    code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-E', '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(folder / 'new')!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(folder / 'new')!r}, {str(folder / 'ids')!r})\n"
        "time.sleep(60)"
    )
    return python(code)


def running(folder: Path) -> list[int]:
    """Which of its processes still run."""
    left = []
    for number in map(int, (folder / "ids").read_text().split()):
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        left += [number] if state != "Z" else []
    return left


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
async def test_a_command_that_does_not_end_is_ended(
    sandbox: Sandbox, guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "COMMAND_SECONDS", 0.5)
    client = client_of(sandbox, Credentials(token_command=sleeping(tmp_path)))
    with pytest.raises(Forbidden, match=r"did not end within 0\.5 s"):
        await client.topics()
    if (tmp_path / "ids").exists():
        await until(lambda: not running(tmp_path))
    await client.aclose()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
async def test_leaving_ends_a_command_and_whoever_waits_for_it(sandbox: Sandbox, guard: Guard, tmp_path: Path) -> None:
    client = client_of(sandbox, Credentials(token_command=sleeping(tmp_path)))
    asking = asyncio.create_task(client.topics())
    await until((tmp_path / "ids").exists)
    started = time.monotonic()
    await client.aclose()
    with pytest.raises(Unreachable, match="closed"):
        await asking
    await until(lambda: not running(tmp_path))
    assert time.monotonic() - started < 5


async def test_giving_up_leaves_the_command_to_the_others(sandbox: Sandbox, guard: Guard, vault: Vault) -> None:
    client = client_of(sandbox, Credentials(token_command=vault.command))
    first, second = asyncio.create_task(client.topics()), asyncio.create_task(client.topics())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == ["t"]
    with pytest.raises(asyncio.CancelledError):
        await first
    assert vault.runs == 1
    await client.aclose()
