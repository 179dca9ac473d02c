"""A tiny real model: it tells whether red, green or blue prevails in an image.

`python -m tests.colour_model DIRECTORY` writes it, to try the server with.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LABELS = ["red", "green", "blue"]


def write_files(directory: Path) -> None:
    """Write model.onnx and labels.txt."""
    directory.mkdir(parents=True, exist_ok=True)
    write_model(directory / "model.onnx")
    (directory / "labels.txt").write_text("\n".join(LABELS) + "\n")


def write_model(path: Path, side: int | None = 224, channels: int = 3) -> None:
    """Write the model: the mean of each channel, times four, is the logit of
    its colour. Without a side the model takes images of any size."""
    classes = len(LABELS)
    weights = np.zeros((classes, channels), dtype=np.float32)
    np.fill_diagonal(weights, 4)
    height, width = (side, side) if side else ("height", "width")
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights"], ["logits"], transB=1),
        ],
        "prevailing-colour",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", channels, height, width])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        [numpy_helper.from_array(weights, "weights")],
    )
    # Versions that every maintained runtime reads.
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
