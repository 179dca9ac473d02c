"""A server around a tiny real model, and images for it."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.main import create_app
from app.settings import Settings

from .colour_model import write_files


def encode(image: Image.Image, format: str = "PNG", **options: object) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def colour(name: str, size: tuple[int, int] = (320, 240)) -> Image.Image:
    return Image.new("RGB", size, name)


def await_status(client: TestClient, status: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while (response := client.get("/health")).status_code != status:
        assert time.monotonic() < deadline, f"/health stays {response.status_code}: {response.text}"
        time.sleep(0.02)


def metric(client: TestClient, line: str) -> float:
    """The value of one line of /metrics, 0 when it is absent."""
    for row in client.get("/metrics").text.splitlines():
        name, _, value = row.rpartition(" ")
        if name == line:
            return float(value)
    return 0.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for a model that is in place."""
    write_files(tmp_path)
    return Settings(
        model_path=tmp_path / "model.onnx",
        labels_path=tmp_path / "labels.txt",
        device="cpu",
        load_retry_seconds=0.05,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A server whose model is loaded."""
    with TestClient(create_app(settings)) as client:
        await_status(client, 200)
        yield client
