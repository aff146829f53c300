"""Tesseract's line recogniser, run on many lines at once by ONNX Runtime.

Tesseract computes one column of one line after another; the same weights run on all lines of a page side by side take a
third of its time on one core, and hand out what the network thinks of *every* character at every place, which
Tesseract keeps to itself. The graph is put together from the model file at run time: nothing is converted or shipped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from ocr import Pixels
from ocr.ctc import Logs
from ocr.errors import EngineTimeout
from ocr.traineddata import LineModel, Lstm, Weights

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # from 1.29 on it reports to its maker; nothing leaves this office
import onnxruntime as ort

STRIP_PX = 36
"""Height of a strip: what the model's input layer wants."""
STEP_PX = 3
"""Pixels of a strip to each step of what comes out."""
_TOGETHER = 4
"""Lines in one run: of like width, so that little is spent on filling up."""
_MIN_STEPS = 2


class LineNetwork:
    """A model ready to run; thread-safe. About 20 MB; one core (see ``ocr.image`` for why)."""

    def __init__(self, model: LineModel) -> None:
        self.version = model.digest
        self.characters = model.characters
        self.null = model.null
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = ort.InferenceSession(_graph(model), options, providers=["CPUExecutionProvider"])

    def log_probs(self, strips: Sequence[Pixels], until: float = inf) -> list[Logs]:
        """What stands at each step of each strip (grey, :data:`STRIP_PX` tall, any width), in the order given.

        Raises EngineTimeout when ``time.monotonic()`` passes ``until`` before the last line is read.
        """
        found: dict[int, Logs] = {}
        for group in _groups([strip.shape[1] // STEP_PX for strip in strips]):
            if time.monotonic() > until:
                raise EngineTimeout("the page took longer than its area allows")
            steps = max(group.values())
            lines = np.ones((len(group), 1, STRIP_PX + 2, steps * STEP_PX + 2), np.float32)
            for row, at in enumerate(group):
                wide = min(strips[at].shape[1], steps * STEP_PX)
                lines[row, 0, 1:-1, 1 : wide + 1] = _contrasted(strips[at][:, :wide])
            lengths = np.fromiter(group.values(), np.int32)
            (logs,) = self._session.run(None, {"lines": lines, "lengths": lengths})
            found.update({at: logs[:length, row] for row, (at, length) in enumerate(group.items())})
        nothing = np.zeros((0, len(self.characters)), np.float32)
        return [found.get(at, nothing) for at in range(len(strips))]


def _groups(lengths: Sequence[int]) -> Iterator[dict[int, int]]:
    """Places of lines that run together, each with its steps; too short ones in none."""
    order = sorted((at for at, steps in enumerate(lengths) if steps >= _MIN_STEPS), key=lambda at: lengths[at])
    for start in range(0, len(order), _TOGETHER):
        yield {at: lengths[at] for at in order[start : start + _TOGETHER]}


def _contrasted(strip: Pixels) -> NDArray[np.float32]:
    """-1 for ink, 1 for paper, as the model was taught: by the usual local extremes along the strip's middle row."""
    row = strip[STRIP_PX // 2].astype(np.int16)
    before, here, after = row[:-2], row[1:-1], row[2:]
    low = here[((here < before) & (here <= after)) | ((here <= before) & (here < after))]
    high = here[((here > before) & (here >= after)) | ((here >= before) & (here > after))]
    black = float(np.percentile(low, 25)) if len(low) else 0.0
    white = float(np.percentile(high, 75)) if len(high) else 255.0
    half = max((white - black) / 2, 1.0)
    return np.asarray(np.clip((strip.astype(np.float32) - black) / half - 1, -1, 1), np.float32)


# --- the graph ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Graph:
    """Nodes and constants as they are added."""

    nodes: list[NodeProto]
    constants: list[TensorProto]

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:  # noqa: ANN401 - as many types as ONNX has
        self.nodes.append(helper.make_node(kind, list(inputs), list(outputs), **attributes))

    def lstm(self, layer: Lstm, ends: tuple[str, str], *, backward: bool = False) -> None:
        """One layer along the steps, from one name to another; steps past a line's length do not count."""
        source, target = ends
        weights = self.lstm_weights(layer, target)
        way = "reverse" if backward else "forward"
        self.node("LSTM", [source, *weights, "lengths"], [f"{target}4"], hidden_size=layer.cells, direction=way)
        self.node("Squeeze", [f"{target}4", self.constant(f"{target}a", np.array([1]))], [target])

    def lstm_weights(self, layer: Lstm, name: str) -> tuple[str, str, str]:
        """Gates in ONNX's order: input, output, forget, cell; its second bias stays zero."""
        cell, into, forget, out = layer.gates
        gates = np.concatenate((into, out, forget, cell))[None]
        bias = np.concatenate((gates[..., -1], np.zeros_like(gates[..., -1])), axis=1)
        own, back = gates[..., : layer.inputs], gates[..., layer.inputs : -1]
        return self.constant(f"{name}w", own), self.constant(f"{name}r", back), self.constant(f"{name}b", bias)


def _graph(model: LineModel) -> bytes:
    """The whole network as an ONNX model. Input: lines x 1 x 38 x width, one pixel of paper all round."""
    graph = _Graph(nodes=[], constants=[])
    _picture_layers(graph, model.convolution.matrix, model.columns)
    graph.lstm(model.forward, ("columns", "forward"))
    graph.lstm(model.backward, ("forward", "both"), backward=True)
    graph.lstm(model.last, ("both", "last"))
    output = model.output.matrix
    graph.node("MatMul", ["last", graph.constant("ow", output[:, :-1].T)], ["sums"])
    graph.node("Add", ["sums", graph.constant("ob", output[:, -1])], ["scores"])
    graph.node("LogSoftmax", ["scores"], ["logs"], axis=-1)
    inputs = [
        helper.make_tensor_value_info("lines", TensorProto.FLOAT, ["count", 1, STRIP_PX + 2, "width"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["count"]),
    ]
    outputs = [helper.make_tensor_value_info("logs", TensorProto.FLOAT, None)]
    whole = helper.make_graph(graph.nodes, "line", inputs, outputs, graph.constants)
    versions = [helper.make_opsetid("", 14)]
    return bytes(helper.make_model(whole, opset_imports=versions, ir_version=8).SerializeToString())


def _picture_layers(graph: _Graph, convolution: Weights, columns: Lstm) -> None:
    """3 x 3 features, the largest of every 3 x 3 kept, then each column of them read from top to bottom.

    The largest is taken before tanh instead of after it: the same, for a ninth of the work.
    """
    kernel = convolution[:, :-1].reshape(-1, 1, 3, 3).transpose(0, 1, 3, 2)  # stored column by column
    features, tall = kernel.shape[0], STRIP_PX // STEP_PX
    weights = [graph.constant("ck", kernel), graph.constant("cb", convolution[:, -1])]
    graph.node("Conv", ["lines", *weights], ["features"])
    graph.node("MaxPool", ["features"], ["largest"], kernel_shape=[STEP_PX] * 2, strides=[STEP_PX] * 2)
    graph.node("Tanh", ["largest"], ["bounded"])
    graph.node("Transpose", ["bounded"], ["tall"], perm=[2, 3, 0, 1])
    graph.node("Shape", ["tall"], ["shape"])
    graph.node("Reshape", ["tall", graph.constant("ts", np.array([tall, -1, features]))], ["down"])
    down = graph.lstm_weights(columns, "columns")
    graph.node("LSTM", ["down", *down], ["", "ends"], hidden_size=columns.cells)
    bounds = [graph.constant("from", np.array([1])), graph.constant("to", np.array([3]))]
    graph.node("Slice", ["shape", *bounds], ["steps"])
    graph.node("Concat", ["steps", graph.constant("cells", np.array([columns.cells]))], ["wide"], axis=0)
    graph.node("Reshape", ["ends", "wide"], ["columns"])
