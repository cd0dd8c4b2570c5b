"""The node's web pages and services: STOW-RS, completion, retry, status, metrics, health."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from calcimetry.errors import CalcimetryError, InputError, Refused
from calcimetry.node.configuration import LimitSettings
from calcimetry.node.identity import is_uid
from calcimetry.node.receiving import Receiver
from calcimetry.node.refusals import ABORTED, ANSWERS, PROTOCOL, TIMEOUT, TOO_LARGE
from calcimetry.node.status_page import status_css, status_html
from calcimetry.node.stow import StowRequest, StowResponse, boundary_of
from calcimetry.node.web_guard import sender_of
from calcimetry.store import deliveries, jobs, studies
from calcimetry.store.database import Database

_MB = 10**6


@dataclass(frozen=True, slots=True)
class Parts:
    """What the web server shows and uses of a node.

    Parameters
    ----------
    receiver : Receiver
    database : Database
    limits : LimitSettings
    is_well : callable
        Whether every thread of the node runs.
    """

    receiver: Receiver
    database: Database
    limits: LimitSettings
    is_well: Callable[[], bool]


def web_app(parts: Parts) -> FastAPI:
    """The application, without its guard (`calcimetry.node.web_guard`)."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_stow(app, parts)
    _add_commands(app, parts)
    _add_pages(app, parts)

    @app.exception_handler(Refused)
    def refused(request: Request, why: Refused) -> Response:
        parts.receiver.tally.refused(why, "a request", sender_of(request.scope))
        return PlainTextResponse(f"Refused: {why.reason}.\n", ANSWERS[why.kind].http)

    @app.exception_handler(CalcimetryError)
    def failed(_request: Request, error: CalcimetryError) -> Response:
        return PlainTextResponse(f"{error}\n", 404 if isinstance(error, InputError) else 503)

    return app


def _add_stow(app: FastAPI, parts: Parts) -> None:
    async def store(request: Request, study_uid: str = "") -> Response:
        if study_uid and not is_uid(study_uid):
            raise Refused(PROTOCOL, "the study in its address is no UID")
        most = int(parts.limits.request_mb * _MB)
        too_large = Refused(
            TOO_LARGE, f"a request may have {parts.limits.request_mb:g} MB (limits.request_mb)"
        )
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            raise too_large
        boundary = boundary_of(request.headers.get("content-type", ""))
        stow = StowRequest(parts.receiver, sender_of(request.scope), boundary, study_uid)
        try:
            answer = await _fed(stow, request, parts.limits, most, too_large)
        finally:
            stow.close()
        return JSONResponse(answer.document, answer.status, media_type="application/dicom+json")

    app.post("/dicom-web/studies")(store)
    app.post("/dicom-web/studies/{study_uid}")(store)


async def _fed(
    stow: StowRequest, request: Request, limits: LimitSettings, most: int, too_large: Refused
) -> StowResponse:
    """Feed a request's body, each piece within its time."""
    size = 0
    body = request.stream()
    while not stow.hopeless:
        try:
            data = await asyncio.wait_for(anext(body), limits.idle_s)
        except StopAsyncIteration:
            break
        except TimeoutError as error:
            why = f"nothing came for {limits.idle_s:g} s (limits.idle_s)"
            raise Refused(TIMEOUT, why) from error
        except ClientDisconnect as error:
            raise Refused(ABORTED, "its sender went away before it was whole") from error
        size += len(data)
        if size > most:
            raise too_large
        await run_in_threadpool(stow.feed, data)
    return await run_in_threadpool(stow.respond)


def _add_commands(app: FastAPI, parts: Parts) -> None:
    @app.post("/studies/{study}/complete")
    def complete(
        study: str, request: Request, instances: Annotated[int | None, Query(ge=1)] = None
    ) -> Response:
        found = _found(parts.database, study)
        jobs.complete(parts.database, found.study_uid, sender_of(request.scope), instances)
        return JSONResponse({"study": found.key}, 202)

    @app.post("/studies/{study}/retry")
    def retry(study: str, request: Request) -> Response:
        found = _found(parts.database, study)
        jobs.retry(parts.database, found.study_uid, sender_of(request.scope))
        return RedirectResponse("/", 303)

    @app.post("/studies/{study}/resend")
    def resend(study: str, request: Request) -> Response:
        found = _found(parts.database, study)
        sent = deliveries.resend(parts.database, found.study_uid, sender_of(request.scope))
        return JSONResponse({"study": found.key, "deliveries": sent}, 202)


def _add_pages(app: FastAPI, parts: Parts) -> None:
    @app.get("/")
    def status() -> Response:
        page = status_html(parts.database, parts.receiver, is_well=parts.is_well())
        return Response(page, media_type="text/html; charset=utf-8")

    @app.get("/status.css")
    def css() -> Response:
        return Response(status_css(), media_type="text/css; charset=utf-8")

    @app.get("/metrics")
    def metrics() -> Response:
        text = generate_latest(parts.receiver.tally.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    @app.get("/health")
    def health() -> Response:
        ill = []
        if not parts.is_well():
            ill.append("threads")
        if parts.receiver.free_bytes == 0:
            ill.append("room")
        try:
            studies.counts(parts.database)
        except CalcimetryError:
            ill.append("database")
        return JSONResponse({"ill": ill}, 503 if ill else 200)


def _found(database: Database, study: str) -> studies.StudySummary:
    found = studies.find(database, study)
    if found is None:
        raise InputError(f"Looking for a study: none is called {study[:64]!r}.")
    return found
