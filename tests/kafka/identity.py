"""An identity provider on loopback: the token endpoint of OAuth 2.0 for those who know their own secret."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs


class IdentityProvider:
    """Gives tokens that nobody signed, as a test broker believes them. `asked` holds the grants that were asked for."""

    def __init__(self, url: str, client: str, secret: str, life: float) -> None:
        self.url, self._life = url, life
        self._known = "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()
        self._client = client
        self.asked: list[str] = []

    def answer(self, authorization: str | None, form: str) -> tuple[int, dict[str, object]]:
        """Status and JSON for a request at the token endpoint."""
        fields = parse_qs(form)
        self.asked += fields.get("grant_type", [])
        if authorization != self._known:
            return 401, {"error": "invalid_client", "error_description": "who is that?"}
        now = time.time()
        claims = {"sub": self._client, "iat": now, "exp": now + self._life, "scope": fields.get("scope", [""])[0]}
        token = ".".join([_part({"alg": "none"}), _part(claims), ""])
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": self._life}


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@contextmanager
def identity_provider(client: str, secret: str, life: float = 3600.0) -> Iterator[IdentityProvider]:
    """One that listens. Tokens are good for so many seconds."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, content = provider.answer(self.headers.get("authorization"), form)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}/token", client, secret, life)
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield provider
        finally:
            server.shutdown()
            serving.join()
