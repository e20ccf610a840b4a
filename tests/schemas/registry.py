"""A schema registry on a socket of this machine, with the handful of calls that a client makes of one."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ktui.server.serve import listen, make_server


class SchemaRegistry:
    """Schemas by id and by subject. It takes every text without "refused" in it."""

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, Any]] = {}
        self.subjects: dict[str, list[int]] = {}
        self.compiled: dict[str, str] = {}
        """Compiled forms of protobuf schemas by their texts."""
        self.password: str | None = None
        self.broken: int | None = None
        """A status that it answers everything with."""
        self.asked: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/schemas/ids/{id:int}", self._by_id),
                Route("/schemas/ids/{id:int}/versions", self._versions),
                Route("/subjects/{subject}", self._lookup, methods=["POST"]),
                Route("/subjects/{subject}/versions", self._register, methods=["POST"]),
                Route("/subjects/{subject}/versions/{version}", self._version),
            ]
        )

    def add(self, subject: str, text: str, kind: str = "AVRO", **more: Any) -> int:
        """Put a schema into a subject."""
        schema = {"schema": text, "schemaType": kind, **more}
        number = next((n for n, known in self.schemas.items() if known == schema), len(self.schemas) + 1)
        self.schemas[number] = schema
        versions = self.subjects.setdefault(subject, [])
        if number not in versions:
            versions.append(number)
        return number

    def _stopped(self, request: Request) -> Response | None:
        self.asked.append(f"{request.method} {request.url.path}")
        if self.broken:
            return JSONResponse({"error_code": self.broken * 100 + 1, "message": "out of order"}, self.broken)
        wanted = f"Basic {base64.b64encode(self.password.encode()).decode()}" if self.password else None
        if wanted and request.headers.get("authorization") != wanted:
            return JSONResponse({"error_code": 401, "message": "Unauthorized"}, 401)
        return None

    def _shown(self, number: int, request: Request) -> dict[str, Any]:
        schema = dict(self.schemas[number])
        if schema["schemaType"] == "AVRO":
            del schema["schemaType"]  # as the real ones leave it out
        if request.query_params.get("format") == "serialized":
            schema["schema"] = self.compiled.get(schema["schema"], schema["schema"])
        return schema

    async def _by_id(self, request: Request) -> Response:
        number = request.path_params["id"]
        if stopped := self._stopped(request):
            return stopped
        if number not in self.schemas:
            return JSONResponse({"error_code": 40403, "message": f"Schema {number} not found"}, 404)
        return JSONResponse(self._shown(number, request))

    async def _versions(self, request: Request) -> Response:
        if stopped := self._stopped(request):
            return stopped
        number = request.path_params["id"]
        found = [
            {"subject": subject, "version": at}
            for subject, versions in self.subjects.items()
            for at, each in enumerate(versions, 1)
            if each == number
        ]
        return JSONResponse(found)

    async def _version(self, request: Request) -> Response:
        subject, version = request.path_params["subject"], request.path_params["version"]
        if stopped := self._stopped(request):
            return stopped
        if subject not in self.subjects:
            return JSONResponse({"error_code": 40401, "message": f"Subject '{subject}' not found."}, 404)
        versions = self.subjects[subject]
        at = len(versions) if version == "latest" else int(version)
        number = versions[at - 1]
        return JSONResponse({"subject": subject, "version": at, "id": number, **self._shown(number, request)})

    async def _lookup(self, request: Request) -> Response:
        if stopped := self._stopped(request):
            return stopped
        schema = await _given(request)
        for number in self.subjects.get(request.path_params["subject"], ()):
            if self.schemas[number] == schema:
                return JSONResponse({"subject": request.path_params["subject"], "id": number, "version": 1, **schema})
        return JSONResponse({"error_code": 40403, "message": "Schema not found"}, 404)

    async def _register(self, request: Request) -> Response:
        if stopped := self._stopped(request):
            return stopped
        schema = await _given(request)
        if "refused" in schema["schema"]:
            return JSONResponse({"error_code": 42201, "message": "Invalid schema"}, 422)
        number = self.add(request.path_params["subject"], schema["schema"], schema["schemaType"])
        return JSONResponse({"id": number})


async def _given(request: Request) -> dict[str, Any]:
    body: Mapping[str, Any] = await request.json()
    return {"schema": body["schema"], "schemaType": body.get("schemaType", "AVRO")}


@asynccontextmanager
async def served(registry: SchemaRegistry) -> AsyncIterator[str]:
    """The address of a registry that runs on this loop."""
    listener = listen("127.0.0.1", 0)
    server = make_server(SimpleNamespace(app=registry.app))  # type: ignore[arg-type]
    serving = asyncio.create_task(server.serve([listener]))
    await server.opened.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await serving
