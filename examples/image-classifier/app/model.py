"""The model: an ONNX file and its labels, loaded once and then only read."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

from .settings import Settings

log = logging.getLogger(__name__)

# Mean and standard deviation of the colours of ImageNet, on which nearly all
# image models are trained (RGB, 0 to 1).
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)

# Side of the input where the model leaves it open.
DEFAULT_SIDE = 224
# Side that the shorter edge is scaled to before the centre is cut out, as a
# multiple of the input's side: 256 for 224.
RESIZE_RATIO = 256 / 224

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"


class ModelError(Exception):
    """The model cannot be used. The message says why, for its operator."""


@dataclass(frozen=True)
class Prediction:
    """A label and its probability, 0 to 1."""

    label: str
    score: float


class Classifier:
    """A loaded model. Safe to use from several threads."""

    def __init__(self, session: ort.InferenceSession, labels: list[str], model_output: str) -> None:
        self._session = session
        self._labels = labels
        self._model_output = model_output
        self._input, self._height, self._width = _check_input(session)
        self._check_output()

    @classmethod
    def load(cls, settings: Settings) -> Classifier:
        """Read the model and its labels. Raises ModelError."""
        for path in (settings.model_path, settings.labels_path):
            if not path.is_file():
                raise ModelError(f"{path} does not exist")
        labels = _read_labels(settings.labels_path)
        providers = _choose_providers(settings.device)
        options = ort.SessionOptions()
        options.intra_op_num_threads = settings.cpu_threads
        try:
            session = ort.InferenceSession(settings.model_path, options, providers=providers)
        except Exception as error:  # The runtime raises its own, undocumented types.
            raise ModelError(f"{settings.model_path} is not a usable ONNX model: {error}") from error
        if settings.device == "cuda" and CUDA not in session.get_providers():
            raise ModelError("DEVICE is cuda, but CUDA could not be started: see the log for the library or driver")
        return cls(session, labels, settings.model_output)

    @property
    def provider(self) -> str:
        """What runs the model, for example CUDAExecutionProvider."""
        return self._session.get_providers()[0]

    def predict(self, image: Image.Image, top_k: int) -> list[Prediction]:
        """Classify an RGB image: the best labels, best first."""
        (output,) = self._session.run(None, {self._input: self._prepare(image)})
        scores = output[0] if self._model_output == "probabilities" else _softmax(output[0])
        best = np.argsort(-scores, kind="stable")[:top_k]
        return [Prediction(self._labels[i], float(scores[i])) for i in best]

    def _prepare(self, image: Image.Image) -> np.ndarray:
        """Scale, cut out the centre, normalise; in the order NCHW."""
        scale = max(self._width / image.width, self._height / image.height) * RESIZE_RATIO
        size = (max(self._width, round(image.width * scale)), max(self._height, round(image.height * scale)))
        left, top = (size[0] - self._width) // 2, (size[1] - self._height) // 2
        image = image.resize(size, Image.Resampling.BILINEAR)
        image = image.crop((left, top, left + self._width, top + self._height))
        pixels = (np.asarray(image, dtype=np.float32) / 255 - MEAN) / STD
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])

    def _check_output(self) -> None:
        """Run the model once: shapes in the file may be left open, and the
        first run is the slow one."""
        blank = Image.new("RGB", (self._width, self._height))
        try:
            outputs = self._session.run(None, {self._input: self._prepare(blank)})
        except Exception as error:
            raise ModelError(f"the model does not run: {error}") from error
        shapes = [np.shape(output) for output in outputs]
        if shapes != [(1, len(self._labels))]:
            raise ModelError(f"the model puts out {shapes} and there are {len(self._labels)} labels: "
                             f"it should be [(1, {len(self._labels)})]")


def _read_labels(path: Path) -> list[str]:
    labels = path.read_text(encoding="utf-8").splitlines()
    while labels and not labels[-1].strip():
        labels.pop()
    if not labels:
        raise ModelError(f"{path} has no labels")
    return [label.strip() for label in labels]


def _choose_providers(device: str) -> list[str]:
    available = ort.get_available_providers()
    if device == "cpu":
        return [CPU]
    if CUDA not in available:
        if device == "cuda":
            raise ModelError("DEVICE is cuda, but this image has the CPU runtime: install requirements-gpu.txt")
        return [CPU]
    # The CUDA libraries come as Python packages, outside the loader's path.
    ort.preload_dlls()
    return [CUDA, CPU]


def _check_input(session: ort.InferenceSession) -> tuple[str, int, int]:
    """The name, height and width of the only input."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise ModelError(f"the model has {len(inputs)} inputs: it should have one image")
    (only,) = inputs
    if only.type != "tensor(float)" or len(only.shape) != 4 or only.shape[1] != 3:
        raise ModelError(f"the model takes {only.type} of shape {only.shape}: "
                         "it should take tensor(float) of shape [N, 3, height, width]")
    # A dimension that is left open is a name or None.
    height, width = (side if isinstance(side, int) else DEFAULT_SIDE for side in only.shape[2:])
    return only.name, height, width


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max())
    return exponents / exponents.sum()
