"""A gate before the sandbox, and a command that prints the way through it."""

from __future__ import annotations

import base64
import shlex
import sys
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from ktui.rest.auth import Command, Credentials
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox

UNAUTHORIZED = b'{"message":"Unauthorized"}'


class Guard:
    """Answers 401 to all but the bearer of `authorization`, and 404 for instances that another one made, as Karapace
    does."""

    def __init__(self, app: ASGIApp, authorization: str) -> None:
        self._app = app
        self.authorization = authorization
        self.heard: list[tuple[str, str]] = []
        """Each request, as "METHOD /path", with the Authorization it came with."""
        self.echo = b""
        """Is put into the body of a 401."""
        self._owners: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        given = headers.get("authorization", "")
        path: str = scope["path"]
        self.heard.append((f"{scope['method']} {path}", given))
        if given != self.authorization:
            await _answer(send, 401, UNAUTHORIZED if not self.echo else b'{"message":"' + self.echo + b'"}')
            return
        if path.startswith("/consumers/") and "/instances/" in path:
            group = path.split("/")[2]
            if self._owners.get(group) != given:
                await _answer(send, 404, b'{"error_code":40403,"message":"Consumer instance not found."}')
                return
        elif path.startswith("/consumers/"):
            self._owners[path.split("/")[2]] = given
        await self._app(scope, receive, send)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Vault:
    """A command that prints what `token` is set to, and counts how often it ran."""

    def __init__(self, folder: Path) -> None:
        self._token, self._runs, self._script = folder / "token", folder / "runs", folder / "vault.py"
        self._script.write_text(
            "import sys; token, runs = sys.argv[1:]\nprint(open(token).read())\nopen(runs, 'a').write('x')\n"
        )
        self._runs.touch()

    @property
    def line(self) -> str:
        return shlex.join([sys.executable, "-S", "-E", str(self._script), str(self._token), str(self._runs)])

    @property
    def command(self) -> Command:
        return Command("token_command", self.line)

    @property
    def runs(self) -> int:
        return len(self._runs.read_text())

    def hold(self, token: str) -> None:
        self._token.write_text(token)


def python(code: str) -> Command:
    return Command("token_command", shlex.join([sys.executable, "-S", "-E", "-c", code]))


def client_of(sandbox: Sandbox, credentials: Credentials) -> ProxyClient:
    return ProxyClient("http://sandbox", credentials=credentials, transport=sandbox.transport())


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()
