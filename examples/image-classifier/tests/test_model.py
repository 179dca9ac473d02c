from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import Classifier, ModelError
from app.settings import Settings, SettingsError

from .colour_model import write_model
from .conftest import colour


def test_a_model_with_open_sides_gets_the_usual_ones(settings: Settings) -> None:
    write_model(settings.model_path, side=None)
    assert Classifier.load(settings).predict(colour("red"), 1)[0].label == "red"


def test_a_model_with_its_own_side_gets_images_of_it(settings: Settings) -> None:
    write_model(settings.model_path, side=64)
    assert Classifier.load(settings).predict(colour("blue"), 1)[0].label == "blue"


def test_probabilities_are_left_as_they_are(settings: Settings) -> None:
    model = Classifier.load(replace(settings, model_output="probabilities"))
    # This model puts out the normalised mean of each channel, times four.
    assert model.predict(colour("red"), 1)[0].score == pytest.approx(4 * (1 - 0.485) / 0.229, rel=1e-3)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda s: s.model_path.unlink(), "model.onnx does not exist"),
        (lambda s: s.labels_path.unlink(), "labels.txt does not exist"),
        (lambda s: s.labels_path.write_text("\n\n"), "labels.txt has no labels"),
        (lambda s: s.labels_path.write_text("red\ngreen\n"), "there are 2 labels: it should be [(1, 2)]"),
        (lambda s: s.model_path.write_bytes(b""), "is not a usable ONNX model"),
        (lambda s: write_model(s.model_path, channels=1), "should take tensor(float) of shape [N, 3, height, width]"),
    ],
)
def test_a_model_that_cannot_be_used_says_why(settings: Settings, prepare, message: str) -> None:
    prepare(settings)
    with pytest.raises(ModelError) as error:
        Classifier.load(settings)
    assert message in str(error.value)


def test_a_gpu_that_is_demanded_and_missing_is_an_error(settings: Settings) -> None:
    with pytest.raises(ModelError, match="DEVICE is cuda"):
        Classifier.load(replace(settings, device="cuda"))


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_environment({"MODEL_PATH": "/models/cats/cats.onnx", "TOP_K": "3", "DEVICE": "CPU"})
    assert str(settings.labels_path) == "/models/cats/labels.txt"
    assert (settings.top_k, settings.device) == (3, "cpu")
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("TOP_K", "0"), ("TOP_K", "many"), ("LOAD_RETRY_SECONDS", "nan"), ("MAX_IMAGE_BYTES", "-1"), ("DEVICE", "tpu"),
     ("MODEL_OUTPUT", "text")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        Settings.from_environment({name: value})
