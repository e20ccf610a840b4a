"""Secrets are shown nowhere: no error, exchange, curl copy, repr, output or traceback holds one."""

from __future__ import annotations

import asyncio
import io

import pytest
from rich.console import Console
from rich.traceback import Traceback

from ktui.errors import Forbidden, KtuiError, Unreachable
from ktui.records.curl import curl_of
from ktui.rest.auth import Command, Credentials
from ktui.rest.carriers import LARGE
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from tests.unit.guard import Guard, basic, client_of, python
from tests.unit.waiting import until

SECRET = "s3cr3t-t0k3n-of-the-test"


def seen_of(client: ProxyClient, error: KtuiError) -> str:
    """All that a person could come to see, a traceback with variables included."""
    console = Console(file=io.StringIO(), width=4000)
    assert error.__traceback__ is not None
    ours = error.__traceback__.tb_next  # the frame of the test itself knows the secret
    console.print(Traceback.from_exception(type(error), error, ours, show_locals=True))
    assert isinstance(console.file, io.StringIO)
    exchanges = [repr(exchange) + curl_of(exchange) for exchange in client.exchanges]
    return "".join([str(error), repr(error), console.file.getvalue(), *exchanges, repr(client), repr(vars(client))])


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(token=SECRET),
        Credentials(user="ann", password=SECRET),
        Credentials(token_command=python(f"print('{SECRET}')")),
        Credentials(user="ann", password_command=python(f"print('{SECRET}')")),
        Credentials(headers={"X-Api-Key": SECRET}),
        Credentials(headers={"Authorization": f"Custom {SECRET}"}),
        Credentials(headers={"X-Innocent": SECRET}),
    ],
    ids=["token", "password", "token_command", "password_command", "key", "authorization", "innocent"],
)
async def test_no_secret_is_shown_anywhere(sandbox: Sandbox, credentials: Credentials) -> None:
    body = f'{{"message":"{SECRET} and {basic(f"ann:{SECRET}")}"}}'
    echo = {"X-Echo": SECRET, "Location": f"http://elsewhere/?token={SECRET}"}
    client = client_of(sandbox, credentials)
    for status in (500, 401, 302, 400):
        sandbox.faults.fail_next(status, times=2, body=body, headers=echo)
        with pytest.raises(KtuiError) as caught:
            await client.topics()
        seen = seen_of(client, caught.value)
        assert "wire.py" in seen  # the traceback is there, with its variables
        assert SECRET not in seen
        if credentials._user:
            assert basic(f"ann:{SECRET}")[6:] not in seen
        sandbox.faults.failures.clear()
    await client.aclose()


@pytest.mark.parametrize("bulk", [False, True])
async def test_no_secret_is_in_the_traceback_of_a_connection_that_broke(bulk: bool) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for credentials in (Credentials(token=SECRET), Credentials(headers={"X-Innocent": SECRET})):
        client = ProxyClient(f"http://127.0.0.1:{port}", credentials=credentials)
        if bulk:
            carriers = client._wire.carriers
            carriers.heed(LARGE)
            await until(lambda carriers=carriers: carriers.bulk() is not carriers.usual())
        with pytest.raises(Unreachable) as caught:
            await client._wire.request("GET", "/topics", bulk=bulk)
        seen = seen_of(client, caught.value)
        assert "RemoteProtocolError" in seen
        assert ("ServerDisconnectedError" in seen) == bulk
        assert SECRET not in seen
        await client.aclose()
    server.close()


async def test_a_secret_at_the_edge_of_what_is_kept_is_hidden(sandbox: Sandbox) -> None:
    client = client_of(sandbox, Credentials(token=SECRET))
    sandbox.faults.fail_next(200, body="x" * (64 * 1024 - 10) + SECRET)
    with pytest.raises(KtuiError):
        await client.topics()
    assert SECRET[:8].encode() not in client.exchanges[-1].response_body
    await client.aclose()


async def test_a_secret_of_a_header_is_hidden_however_many_tokens_came_since(sandbox: Sandbox) -> None:
    """It is sent with every request; of the tokens only the last one is."""
    fresh = python("import os; print(os.urandom(8).hex())")
    client = client_of(sandbox, Credentials(headers={"X-Api-Key": SECRET}, token_command=fresh))
    for _ in range(33):
        sandbox.faults.fail_next(401)
        await client.topics()  # sent again with another token
    sandbox.faults.fail_next(500, body=SECRET)
    with pytest.raises(KtuiError) as caught:
        await client.topics()
    assert SECRET not in seen_of(client, caught.value)
    await client.aclose()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (python(f"print('{SECRET}'); import sys; print('{SECRET}', file=sys.stderr); sys.exit(3)"), "exit code 3"),
        (python(""), "printed no single line"),
        (python(f"print('{SECRET}\\n{SECRET}')"), "printed no single line"),
        (python(f"import sys; sys.stdout.buffer.write(b'{SECRET}\\xff')"), "printed no single line"),
        (Command("token_command", f"/no/such/program {SECRET}"), "program, is not there"),
        (Command("token_command", f"/etc {SECRET}"), "cannot be run (Permission denied)"),
    ],
)
async def test_a_command_that_gives_nothing_is_told_without_its_output(
    sandbox: Sandbox, command: Command, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox.app = guard = Guard(sandbox.app, "")
    client = client_of(sandbox, Credentials(token_command=command))
    with pytest.raises(Forbidden) as caught:
        await client.topics()
    assert words in str(caught.value)
    assert str(caught.value).startswith("The command of token_command, ")
    assert not guard.heard
    assert SECRET not in seen_of(client, caught.value) + "".join(capfd.readouterr())
    await client.aclose()
