"""What can be set from outside, by environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

DEVICES = ("auto", "cpu", "cuda")
OUTPUTS = ("logits", "probabilities")

Number = TypeVar("Number", int, float)


class SettingsError(ValueError):
    """An environment variable has a value that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """The settings of one server. Each field is read from the environment
    variable of the same name in upper case."""

    # The ONNX file, and one label a line in the order of the model's output.
    model_path: Path = Path("/models/model.onnx")
    labels_path: Path = Path("/models/labels.txt")
    # auto uses the GPU when there is one; cuda refuses to run without it.
    device: str = "auto"
    # What the model puts out: logits are turned into probabilities.
    model_output: str = "logits"
    # Threads for one inference on the CPU. The runtime's own default is one
    # for each core of the node, far more than a container usually has.
    cpu_threads: int = 2
    # Images that are decoded and classified at the same time; others wait.
    max_concurrency: int = 4
    # How many of the best labels are returned.
    top_k: int = 5
    # Limits of one image: the encoded bytes, and width times height. The
    # second stops small files that decode to gigabytes.
    max_image_bytes: int = 10 * 1024 * 1024
    max_image_pixels: int = 40_000_000
    # Pause before a failed load is tried again.
    load_retry_seconds: float = 5.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; what is not set keeps its default.

        LABELS_PATH defaults to labels.txt beside the model.
        """
        reader = _Reader(environment)
        model_path = Path(reader.text("MODEL_PATH", str(cls.model_path)))
        return cls(
            model_path=model_path,
            labels_path=Path(reader.text("LABELS_PATH", str(model_path.with_name("labels.txt")))),
            device=reader.choice("DEVICE", cls.device, DEVICES),
            model_output=reader.choice("MODEL_OUTPUT", cls.model_output, OUTPUTS),
            cpu_threads=reader.positive("CPU_THREADS", cls.cpu_threads),
            max_concurrency=reader.positive("MAX_CONCURRENCY", cls.max_concurrency),
            top_k=reader.positive("TOP_K", cls.top_k),
            max_image_bytes=reader.positive("MAX_IMAGE_BYTES", cls.max_image_bytes),
            max_image_pixels=reader.positive("MAX_IMAGE_PIXELS", cls.max_image_pixels),
            load_retry_seconds=reader.positive("LOAD_RETRY_SECONDS", cls.load_retry_seconds),
        )

    @property
    def max_body_bytes(self) -> int:
        """The size of a request that carries the largest image: base64 is a
        third longer than what it encodes; the rest is the JSON around it."""
        return self.max_image_bytes * 4 // 3 + 4096


class _Reader:
    """Reads variables, naming the one that is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name, "").strip() or default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in choices:
            raise SettingsError(f"{name} is {value!r}: use one of {', '.join(choices)}")
        return value

    def positive(self, name: str, default: Number) -> Number:
        raw = self.text(name, str(default))
        try:
            value = type(default)(raw)
        except ValueError:
            value = type(default)(0)
        if not 0 < value < float("inf"):
            raise SettingsError(f"{name} is {raw!r}: use a number above 0")
        return value
