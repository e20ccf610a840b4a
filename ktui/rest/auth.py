"""Who we say we are: Basic, Bearer, a token or password from a command, extra headers. Nothing here shows a secret.

Secrets are put on a request at the last moment and are in no local variable of the calls before: a traceback that
shows variables, as Textual's does, shows none of them.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from ktui.errors import ConfigError, Forbidden, Unreachable

if TYPE_CHECKING:
    import httpx

COMMAND_SECONDS = 30.0
"""Longest time that a command may take."""
PAUSE_SECONDS = 5.0
"""Least time between two runs whose tokens were all refused: a command may ask a person, or lock an account."""
HIDDEN = "hidden"
"""What stands where a secret was."""

_SECRET_NAME = r"(?i)auth|cookie|token|secret|key|password|credential|session|signature"
_OURS = {"accept", "content-type", "content-length", "transfer-encoding", "connection"}
_SHORTEST = 6
"""Characters of a secret that is looked for in a text; a shorter one would black out half of it."""
_LONG = 16
"""Characters from which on any header's value is taken for a secret."""
_REMEMBERED = 32
"""Tokens and passwords that are looked for, the newest."""


def is_secret(header: str) -> bool:
    """Whether a header of this name is likely to hold a secret."""
    return re.search(_SECRET_NAME, header) is not None


class Seal:
    """The secret headers of one request: called by httpx just before it is sent."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.names = list(headers)
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seal) and self._headers == other._headers

    def __repr__(self) -> str:
        return "<sealed>"

    def __call__(self, request: httpx.Request) -> httpx.Request:
        given = {name.lower() for name in self.names}
        kept = [pair for pair in request.headers.raw if pair[0].decode("latin-1").lower() not in given]
        request.headers = type(request.headers)([*kept, *self._headers])
        return request


class Command:
    """A program whose output is a token or a password. Run without a shell and without a terminal."""

    def __init__(self, setting: str, line: str) -> None:
        """`setting` is what it is called in messages. Raises ConfigError when the line cannot be read."""
        self.setting = setting
        try:
            self._words = shlex.split(line)
        except ValueError as error:
            raise ConfigError(f"{setting} cannot be read as a command: {str(error).lower()}") from None
        if not self._words:
            raise ConfigError(f"{setting} names no command")

    def __repr__(self) -> str:
        return f"<{self.setting}>"

    async def run(self) -> str:
        """What it prints, on one line. Forbidden with a sentence, which holds nothing of it, when it gives nothing."""
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                code, text = await self._output()
        except TimeoutError:
            raise self._refused(f"did not end within {COMMAND_SECONDS:g} s") from None
        except FileNotFoundError:
            raise self._refused("is not there") from None
        except OSError as error:
            raise self._refused(f"cannot be run ({error.strerror})") from None
        if code:
            raise self._refused(f"ended with exit code {code}")
        if not text:
            raise self._refused("printed no single line that could be one")
        return text

    async def _output(self) -> tuple[int, str | None]:
        """Its exit code, and its output where that can be sent. Cancelled, it is ended."""
        process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # may hold the secret, and the screen is not its own
            start_new_session=True,
        )
        try:
            return await _answered(process)
        except BaseException:
            _kill(process)
            await asyncio.shield(process.wait())
            raise

    def _refused(self, what: str) -> Forbidden:
        program = os.path.basename(self._words[0])
        return Forbidden(0, 0, f"The command of {self.setting}, {program}, {what}: there are no credentials to send")


async def _answered(process: asyncio.subprocess.Process) -> tuple[int, str | None]:
    out, _ = await process.communicate()
    text = out.rstrip(b"\r\n").decode("utf-8", "replace")
    code = process.returncode or 0
    return code, text if code == 0 and _usable(text) else None


def _usable(text: str) -> bool:
    """Whether a header may hold it."""
    return bool(text) and text.isprintable() and "\ufffd" not in text


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Extra headers that can be sent. ConfigError, without the value, for one that cannot."""
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
            raise ConfigError(f"headers: {name!r} is not the name of a header")
        if name.lower() in _OURS:
            raise ConfigError(f"headers: {name} depends on the request and cannot be set")
        if value.strip() != value or not (value.isprintable()):
            raise ConfigError(
                f"headers: the value of {name} cannot be sent: it begins or ends with a space, or has lines"
            )
    return dict(headers)


def _sought(secrets: Iterable[str]) -> list[str]:
    """Those that are looked for in a text, each once."""
    return [secret for secret in dict.fromkeys(secrets) if len(secret) >= _SHORTEST]


def _kill(process: asyncio.subprocess.Process) -> None:
    """End it, and what it has started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Credentials:
    """What goes with every request. One of `password`, `password_command`, `token`, `token_command` at most."""

    def __init__(
        self,
        *,
        user: str | None = None,
        password: str | None = None,
        password_command: Command | None = None,
        token: str | None = None,
        token_command: Command | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        self._user = user
        self._command = token_command or password_command
        self._basic = token is None and token_command is None
        self._own = _checked(headers)
        self._constant: list[str] = []
        """Secrets of `headers`: sent with every request, so looked for as long as there are any."""
        self._renewed: list[str] = []
        for name, value in self._own.items():
            if is_secret(name) or len(value) >= _LONG:
                self._constant += _sought([value, value.rpartition(" ")[2]])
        self._fetching: asyncio.Task[None] | None = None
        self._fetched = float("-inf")
        self._closed = False
        self._unproved = False
        """The command was run again because of a 401, and nothing was granted since."""
        self._seal: Seal | None = None
        if token is not None and not _usable(token):
            raise ConfigError("the token holds characters that no header takes, a line end perhaps")
        given = token if token is not None else password
        if self._command is None:
            if token is None and "authorization" in {name.lower() for name in headers}:
                user = given = None
            self._seal = Seal(self._own) if user is None and given is None else self._sealed(given or "")

    def __repr__(self) -> str:
        return "<credentials>"

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The headers as they may be shown."""
        names = dict.fromkeys((*self._own, *(self._seal.names if self._seal else ())))
        scheme = "" if self._basic else "Bearer "
        return [(name, f"{scheme}{HIDDEN}" if name == "Authorization" else HIDDEN) for name in names]

    async def seal(self) -> Seal:
        """The headers to send. Runs the command if that was not done yet: Forbidden when it gives nothing."""
        if self._seal is None:
            await self._fetch()
        assert self._seal is not None
        return self._seal

    async def renew(self, refused: Seal) -> bool:
        """After a 401: whether there are other credentials than the refused ones now."""
        if self._command is None:
            return False
        if self._seal is refused:
            if self._unproved and time.monotonic() - self._fetched < PAUSE_SECONDS:
                return False
            await self._fetch()
            self._unproved = True
        return self._seal is not refused

    def granted(self) -> None:
        """A request went through with the present credentials."""
        self._unproved = False

    async def _fetch(self) -> None:
        """Run the command, once for all that ask meanwhile. Whoever is cancelled leaves it to the others."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._run())
            self._fetching.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            await asyncio.shield(self._fetching)
        except asyncio.CancelledError:
            if self._closed:
                raise Unreachable("The connection was closed before") from None
            raise

    async def _run(self) -> None:
        assert self._command is not None
        seal = self._sealed(await self._command.run())
        self._fetched = time.monotonic()
        if seal != self._seal:
            self._seal = seal

    def _sealed(self, secret: str) -> Seal:
        own = {name: value for name, value in self._own.items() if name.lower() != "authorization"}
        if not self._basic:
            self._remember([secret])
            return Seal({**own, "Authorization": f"Bearer {secret}"})
        basic = base64.b64encode(f"{self._user or ''}:{secret}".encode()).decode("ascii")
        self._remember([basic, secret, quote(secret, safe="")])
        return Seal({**own, "Authorization": f"Basic {basic}"})

    def _remember(self, secrets: Iterable[str]) -> None:
        fresh = _sought(secrets)
        self._renewed = [*(secret for secret in self._renewed if secret not in fresh), *fresh][-_REMEMBERED:]

    def hide(self, body: bytes) -> bytes:
        """`body` without our secrets, should a server echo them."""
        for secret in (*self._constant, *self._renewed):
            body = body.replace(secret.encode(), HIDDEN.encode())
        return body

    def hide_text(self, text: str) -> str:
        """`text` without our secrets."""
        for secret in (*self._constant, *self._renewed):
            text = text.replace(secret, HIDDEN)
        return text

    async def aclose(self) -> None:
        """End a command that is still running."""
        self._closed = True
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.wait({self._fetching})
