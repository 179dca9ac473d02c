"""A limit on the size of requests, kept while they are read."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LimitBody:
    """ASGI middleware that answers 413 before a large body is in memory.

    It counts what arrives, because a client need not tell the length, and
    calls `on_reject` for each request that it stops.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, on_reject: Callable[[], None]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._on_reject = on_reject

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    self._on_reject()
                    raise HTTPException(413, f"the request is larger than {self._max_bytes} bytes")
            return message

        await self._app(scope, count, send)
