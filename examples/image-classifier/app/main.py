"""Puts the server together. Start it with `uvicorn --factory app.main:create_app`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from .api import Api
from .body_limit import LimitBody
from .loader import ModelLoader
from .metrics import MeasureRequests, Metrics
from .settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the server, by default with the settings of the environment."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = settings or Settings.from_environment()
    metrics = Metrics()
    loader = ModelLoader(settings, metrics)
    api = Api(settings, loader, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loader.start()
        yield
        loader.stop()

    app = FastAPI(title="image-classifier", lifespan=lifespan)
    app.add_api_route("/predict", api.predict, methods=["POST"])
    app.add_api_route("/health", api.health, methods=["GET"])
    app.add_api_route("/metrics", api.metrics, methods=["GET"])
    app.add_exception_handler(RequestValidationError, api.bad_request)
    # The last one added is the outermost: what the limit refuses is measured.
    app.add_middleware(LimitBody, max_bytes=settings.max_body_bytes, on_reject=metrics.errors.labels("size").inc)
    app.add_middleware(MeasureRequests, metrics=metrics)
    return app
