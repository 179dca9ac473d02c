from __future__ import annotations

import threading

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.model import Classifier
from app.settings import Settings

from .conftest import await_status, colour, encode, metric


def test_health_answers_503_while_the_model_loads(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    load = Classifier.load

    def slow(settings: Settings) -> Classifier:
        go_on.wait(20)
        return load(settings)

    monkeypatch.setattr(Classifier, "load", slow)
    with TestClient(create_app(settings)) as client:
        health = client.get("/health")
        assert health.status_code == 503
        assert health.json() == {"status": "loading", "detail": "the model is being loaded"}
        assert client.post("/predict", json={"image": encode(colour("red"))}).status_code == 503
        assert metric(client, 'model_loaded{provider="none"}') == 0
        go_on.set()
        await_status(client, 200)
        assert client.get("/health").json()["status"] == "ready"
        assert metric(client, 'model_loaded{provider="CPUExecutionProvider"}') == 1


def test_a_model_that_arrives_later_is_loaded(settings: Settings) -> None:
    hidden = settings.model_path.rename(settings.model_path.with_suffix(".hidden"))
    with TestClient(create_app(settings)) as client:
        await_detail(client, "model.onnx does not exist")
        hidden.rename(settings.model_path)
        await_status(client, 200)


def test_a_broken_model_is_named_by_health(settings: Settings) -> None:
    settings.model_path.write_bytes(b"not a model")
    with TestClient(create_app(settings)) as client:
        await_detail(client, "is not a usable ONNX model")
        assert client.get("/health").status_code == 503


def test_the_model_is_loaded_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = 0
    load = Classifier.load

    def counted(settings: Settings) -> Classifier:
        nonlocal loads
        loads += 1
        return load(settings)

    monkeypatch.setattr(Classifier, "load", counted)
    with TestClient(create_app(settings)) as client:
        await_status(client, 200)
        for _ in range(5):
            assert client.post("/predict", json={"image": encode(colour("red"))}).status_code == 200
    assert loads == 1


def await_detail(client: TestClient, text: str) -> None:
    for _ in range(400):
        if text in client.get("/health").json()["detail"]:
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"/health does not say {text!r}: {client.get('/health').text}")
