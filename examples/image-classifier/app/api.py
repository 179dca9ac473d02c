"""The HTTP interface: what each endpoint takes and answers."""

from __future__ import annotations

import logging

import anyio
import anyio.to_thread
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from . import images
from .loader import ModelLoader
from .metrics import Metrics
from .model import Classifier, Prediction
from .settings import Settings

log = logging.getLogger(__name__)


class PredictRequest(BaseModel):
    image: str = Field(description="JPEG, PNG, WebP, GIF or BMP in base64; a data URL is accepted")


class Score(BaseModel):
    label: str
    score: float = Field(description="probability, 0 to 1")


class PredictResponse(BaseModel):
    label: str = Field(description="the most probable label")
    scores: list[Score] = Field(description="the best labels, best first")


class Health(BaseModel):
    status: str = Field(description="ready or loading")
    detail: str = Field(default="", description="what the server waits for")


class Api:
    """The endpoints over one model."""

    def __init__(self, settings: Settings, loader: ModelLoader, metrics: Metrics) -> None:
        self._settings = settings
        self._loader = loader
        self._metrics = metrics
        # Bounds memory as well as threads: a decoded image is many times its
        # file.
        self._slots = anyio.CapacityLimiter(settings.max_concurrency)

    async def predict(self, request: PredictRequest) -> PredictResponse:
        """Classify one image."""
        model = self._loader.model
        if model is None:
            raise self._failure(503, "not_ready", self._loader.problem)
        # On a thread, so that a long inference does not hold up /health.
        best = await anyio.to_thread.run_sync(self._classify, model, request.image, limiter=self._slots)
        return PredictResponse(label=best[0].label, scores=[Score(label=p.label, score=p.score) for p in best])

    async def health(self, response: Response) -> Health:
        """200 when the model is loaded, 503 before."""
        if self._loader.model is None:
            response.status_code = 503
            return Health(status="loading", detail=self._loader.problem)
        return Health(status="ready")

    async def metrics(self) -> Response:
        """Metrics in the text format of Prometheus."""
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def bad_request(self, _: Request, error: Exception) -> JSONResponse:
        """400 for a body of the wrong form, without repeating the body: it may
        be megabytes."""
        assert isinstance(error, RequestValidationError)
        self._metrics.errors.labels("request").inc()
        problems = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        return JSONResponse({"detail": "; ".join(problems)}, status_code=400)

    def _classify(self, model: Classifier, encoded: str) -> list[Prediction]:
        try:
            image = images.decode(encoded, self._settings.max_image_bytes, self._settings.max_image_pixels)
        except images.BadImageError as error:
            raise self._failure(400, "image", str(error)) from error
        except images.ImageTooLargeError as error:
            raise self._failure(413, "size", str(error)) from error
        try:
            with self._metrics.inference.time():
                return model.predict(image, self._settings.top_k)
        except Exception as error:
            log.exception("the model failed")
            message = "the model failed on this image; the reason is in the log of the server"
            raise self._failure(500, "inference", message) from error

    def _failure(self, status: int, reason: str, message: str) -> HTTPException:
        self._metrics.errors.labels(reason).inc()
        return HTTPException(status, message)
