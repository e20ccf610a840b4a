"""The sandbox on a socket, by uvicorn."""

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

from ktui.errors import ConfigError
from ktui.server.sandbox import Sandbox

MISSING = "serving on a socket needs uvicorn, which is not installed: pip install 'ktui[server]'"


class OpenServer(Protocol):
    """A server that tells when it is open."""

    opened: asyncio.Event
    should_exit: bool
    force_exit: bool

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to exit."""


async def serve(
    sandbox: Sandbox,
    host: str = "127.0.0.1",
    port: int = 8082,
    *,
    say: Callable[[str], object] | None = None,
    cert: Path | None = None,
    key: Path | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until cancelled; `say` is told the address once it is open (default: print).
    With `cert`, in TLS; its key is in `key` or in the same file."""
    listener = listen(host, port)
    try:
        server = make_server(sandbox, tls_of(cert, key) if cert else {})
    except BaseException:
        listener.close()
        raise
    with _stopping(server):
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
            await serving
            raise
        finally:
            await sandbox.aclose()


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


def tls_of(cert: Path, key: Path | None) -> dict[str, Any]:
    """uvicorn's settings for TLS. ConfigError when these files cannot be used."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except OSError as error:  # an SSLError is one too
        raise ConfigError(f"no TLS with {cert}{f' and {key}' if key else ''}: {error.strerror}") from None
    return {"ssl_certfile": cert, "ssl_keyfile": key}


def make_server(sandbox: Sandbox, tls: Mapping[str, Any] = {}) -> OpenServer:
    """A server that leaves logs, signals and the event loop alone. `tls`: settings of uvicorn."""
    try:
        import uvicorn
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

    config = uvicorn.Config(
        sandbox.app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=1,
        **tls,
    )
    return Quiet(config)


@contextlib.contextmanager
def _stopping(server: OpenServer) -> Iterator[None]:
    """SIGINT and SIGTERM end the server, where the system has them and this is the main thread."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

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
