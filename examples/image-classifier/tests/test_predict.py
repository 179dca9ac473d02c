from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app import images
from app.main import create_app
from app.model import Classifier
from app.settings import Settings

from .colour_model import LABELS
from .conftest import await_status, colour, encode, metric


@pytest.mark.parametrize("name", ["red", "lime", "blue"])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_the_label_is_what_the_image_shows(client: TestClient, name: str, format: str) -> None:
    response = client.post("/predict", json={"image": encode(colour(name), format)})
    assert response.status_code == 200
    answer = response.json()
    assert answer["label"] == {"lime": "green"}.get(name, name)
    assert [s["label"] for s in answer["scores"]][0] == answer["label"]
    assert {s["label"] for s in answer["scores"]} == set(LABELS)


def test_scores_are_probabilities_best_first(client: TestClient) -> None:
    scores = [s["score"] for s in client.post("/predict", json={"image": encode(colour("red"))}).json()["scores"]]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-5)


def test_top_k_bounds_the_answer(settings: Settings) -> None:
    with TestClient(create_app(replace(settings, top_k=1))) as client:
        await_status(client, 200)
        scores = client.post("/predict", json={"image": encode(colour("blue"))}).json()["scores"]
    assert [s["label"] for s in scores] == ["blue"]


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1"])
def test_every_colour_mode_is_accepted(client: TestClient, mode: str) -> None:
    response = client.post("/predict", json={"image": encode(colour("red").convert(mode))})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (223, 225)])
def test_every_size_is_accepted(client: TestClient, size: tuple[int, int]) -> None:
    response = client.post("/predict", json={"image": encode(colour("blue", size))})
    assert response.status_code == 200, response.text
    assert response.json()["label"] == "blue"


def test_only_the_centre_counts(client: TestClient) -> None:
    wide = colour("red", (900, 300))
    wide.paste(colour("blue", (300, 300)), (300, 0))
    assert client.post("/predict", json={"image": encode(wide)}).json()["label"] == "blue"


def test_a_data_url_and_broken_lines_are_accepted(client: TestClient) -> None:
    encoded = encode(colour("red"))
    lines = "\n".join(encoded[i : i + 76] for i in range(0, len(encoded), 76))
    for image in ("data:image/png;base64," + encoded, lines):
        assert client.post("/predict", json={"image": image}).json()["label"] == "red"


def test_an_image_stands_upright_as_exif_says() -> None:
    stored = colour("red", (400, 200))
    stored.paste(colour("blue", (200, 200)), (200, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # To be turned clockwise by 90 degrees: left becomes top.
    upright = images.decode(encode(stored, "JPEG", exif=exif), max_bytes=10**6, max_pixels=10**6)
    assert upright.size == (200, 400)
    top, bottom = upright.getpixel((100, 50)), upright.getpixel((100, 350))
    assert top[0] > 200 > top[2]
    assert bottom[2] > 200 > bottom[0]


def broken_png() -> str:
    return base64.b64encode(base64.b64decode(encode(colour("red")))[:60]).decode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"image": "%%%"}, "not valid base64"),
        ({"image": "abc"}, "not valid base64"),
        ({"image": ""}, "the image is empty"),
        ({"image": "data:image/png,abc"}, "the data URL is not base64"),
        ({"image": base64.b64encode(b"hello").decode()}, "not an image in one of the formats JPEG, PNG"),
        ({"image": broken_png()}, "the image is broken"),
        ({"image": encode(colour("red"), "TIFF")}, "not an image in one of the formats"),
        ({"image": 7}, "body.image: "),
        ({}, "body.image: Field required"),
    ],
)
def test_what_cannot_be_decoded_is_400_and_says_why(client: TestClient, body: dict, message: str) -> None:
    response = client.post("/predict", json=body)
    assert response.status_code == 400
    assert message in response.json()["detail"]


def test_a_body_that_is_not_json_is_400(client: TestClient) -> None:
    response = client.post("/predict", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "JSON" in response.json()["detail"]


def test_too_many_bytes_are_413(settings: Settings) -> None:
    with TestClient(create_app(replace(settings, max_image_bytes=1000))) as client:
        await_status(client, 200)
        image = encode(Image.effect_noise((60, 60), 80))
        response = client.post("/predict", json={"image": image})
        assert response.status_code == 413
        assert "more than 1000" in response.json()["detail"]


def test_a_large_body_is_413_though_it_does_not_tell_its_length(settings: Settings) -> None:
    with TestClient(create_app(replace(settings, max_image_bytes=1000))) as client:
        sent = 0

        def endless():
            nonlocal sent
            while sent < 100:
                sent += 1
                yield b"x" * 1000

        response = client.post("/predict", content=endless(), headers={"content-type": "application/json"})
        assert response.status_code == 413
        assert "larger than" in response.json()["detail"]
        assert metric(client, 'prediction_errors_total{reason="size"}') == 1
        assert metric(client, 'http_requests_total{path="/predict",status="413"}') == 1


def test_a_small_file_of_many_pixels_is_413(settings: Settings) -> None:
    with TestClient(create_app(replace(settings, max_image_pixels=10_000))) as client:
        await_status(client, 200)
        response = client.post("/predict", json={"image": encode(colour("red", (200, 200)))})
    assert response.status_code == 413
    assert "200x200 pixels, more than 10000" in response.json()["detail"]


def test_a_failing_model_is_500_and_counted(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Classifier, "predict", fail)
    response = client.post("/predict", json={"image": encode(colour("red"))})
    assert response.status_code == 500
    assert "out of memory" not in response.text, "what is inside the server stays in its log"
    assert metric(client, 'prediction_errors_total{reason="inference"}') == 1
