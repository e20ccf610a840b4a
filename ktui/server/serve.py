"""A proxy of ours on a socket, by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from starlette.types import ASGIApp

from ktui.errors import ConfigError

MISSING = "serving on a socket needs uvicorn, which is not installed: pip install 'ktui[server]'"


HEAD_SECONDS = 20.0
"""In which a connection must have sent the head of a request."""
KEPT_SECONDS = 60
"""How long a connection is kept on which nothing comes. uvicorn's 5 are over while a slow client still takes in an
answer that has long been sent, and its next request finds nobody; Jetty, below Confluent's proxy, has 30."""
CONNECTIONS = 2000
"""Connections at once; those beyond are answered with 503."""


class Served(Protocol):
    """What is served, until it is closed."""

    @property
    def app(self) -> ASGIApp:
        """The application."""

    def leave_off(self) -> None:
        """Let go what waits: the end is near."""

    async def aclose(self) -> None:
        """The end, when no request is under way any more."""


class OpenServer(Protocol):
    """A server that tells when it is open."""

    opened: asyncio.Event
    should_exit: bool
    force_exit: bool

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to exit."""


async def serve(
    served: Served,
    host: str = "127.0.0.1",
    port: int = 8082,
    *,
    say: Callable[[str], object] | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    client_ca: Path | None = None,
    patience: int = 1,
) -> None:
    """Serve until SIGINT or SIGTERM, or until cancelled; `say` is told the address once it is open (default: print).
    With `cert`, in TLS; its key is in `key` or in the same file, and with `client_ca` clients must show a certificate
    of that authority. In the end requests under way have `patience` seconds."""
    listener = listen(host, port)
    try:
        server = make_server(served, patience, tls_of(cert, key, client_ca) if cert else {})
    except BaseException:
        listener.close()
        raise
    with _stopping(server, served.leave_off):
        serving = asyncio.create_task(server.serve([listener]))
        try:
            opened = asyncio.create_task(server.opened.wait())
            await asyncio.wait((opened, serving), return_when=asyncio.FIRST_COMPLETED)
            opened.cancel()
            if not serving.done():
                shown = f"[{host}]" if ":" in host else host
                (say or partial(print, flush=True))(f"http{'s' if cert else ''}://{shown}:{listener.getsockname()[1]}")
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            served.leave_off()
            await serving
            raise
        finally:
            await served.aclose()


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections. What prevents it is told in a ConfigError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off; without, each short answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        return listener
    except OSError as error:
        listener.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def tls_of(cert: Path, key: Path | None, client_ca: Path | None = None) -> dict[str, Any]:
    """uvicorn's settings for TLS. ConfigError when these files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:  # an SSLError is one too
        raise ConfigError(f"no TLS with {cert}{f' and {key}' if key else ''}: {error.strerror}") from None
    found: dict[str, Any] = {"ssl_certfile": cert, "ssl_keyfile": key}
    if client_ca is not None:
        try:
            context.load_verify_locations(client_ca)
        except OSError as error:
            raise ConfigError(f"no authority of clients in {client_ca}: {error.strerror}") from None
        found |= {"ssl_ca_certs": client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return found


def make_server(served: Served, patience: int = 1, tls: Mapping[str, Any] = {}) -> OpenServer:
    """A server that leaves logs, signals and the event loop alone. `tls`: settings of uvicorn."""
    try:
        import uvicorn
        from uvicorn.protocols.http.h11_impl import H11Protocol
    except ImportError as error:
        raise ConfigError(MISSING) from error

    class Quiet(uvicorn.Server):
        """Tells when it is open, and leaves signals to us."""

        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            self.opened = asyncio.Event()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.opened.set()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    class Impatient(H11Protocol):
        """Hangs up on whoever does not come to the end of a request's head."""

        _waits: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._stop_waiting()

        def _watch(self) -> None:
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop_waiting()
            elif self._waits is None:
                self._waits = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

        def _stop_waiting(self) -> None:
            if self._waits is not None:
                self._waits.cancel()
                self._waits = None

    config = uvicorn.Config(
        served.app,
        http=Impatient,
        limit_concurrency=CONNECTIONS,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=patience,
        timeout_keep_alive=KEPT_SECONDS,
        **tls,
    )
    return Quiet(config)


@contextlib.contextmanager
def _stopping(server: OpenServer, leave_off: Callable[[], object]) -> Iterator[None]:
    """SIGINT and SIGTERM end the server, where the system has them and this is the main thread."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True
        leave_off()

    caught = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
