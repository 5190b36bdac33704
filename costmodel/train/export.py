"""Writing the networks as ONNX with the schema's hash, checked against JAX."""

import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from layout import Layout
from network import ABSENT, CYCLES_PER_MILLISECOND, LARGEST_CORRECTION, Parameters, folded, log_time

SCHEMA_KEY = "loopwright.feature_schema"
TOLERANCE = 1e-3


class ExportError(Exception):
    """The written file does not compute what the network does."""


class Graph:
    """Nodes and constants in the making; each operation gives the name of its result."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value) -> str:
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            name = f"constant{len(self.constants)}"
            self.constants[key] = numpy_helper.from_array(array, name)
        return self.constants[key].name

    def op(self, kind: str, *inputs: str, **attributes) -> str:
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def sum(self, value: str, axis: int, keep: bool = True) -> str:
        return self.op("ReduceSum", value, self.constant([axis]), keepdims=int(keep))

    def columns(self, value: str, first: int) -> str:
        ends = [self.constant([at]) for at in (first, first + 1, 2)]
        return self.op("Slice", value, *ends)


def member(graph: Graph, values: Parameters, layout: Layout) -> str:
    """One network on the graph's inputs; its result has the shape [batch, 1]."""
    values = folded(values)

    def linear(name, inputs):
        product = graph.op("MatMul", inputs, graph.constant(values[f"weight_{name}"]))
        return graph.op("Add", product, graph.constant(values[f"bias_{name}"]))

    def number(kind, value, other):
        return graph.op(kind, value, graph.constant(np.float32(other)))

    present = graph.columns("statements", 0)
    estimate = number("Mul", graph.columns("statements", layout.estimate), math.log(2.0))
    estimate = number("Sub", estimate, math.log(CYCLES_PER_MILLISECOND))
    access = graph.sum(graph.op("Relu", linear("access_input", "accesses")), 2, keep=False)
    state = graph.op("Add", linear("row_input", "statements"), linear("access_output", access))
    whole = graph.op("Unsqueeze", linear("global_input", "globals"), graph.constant([1]))
    state = graph.op("Relu", graph.op("Add", state, whole))
    state = graph.op("Relu", linear("hidden", state))
    count = number("Max", graph.sum(present, 1), 1.0)
    shared = graph.op("Mul", state, graph.op("Div", present, count))
    pooled = linear("pooled", graph.sum(shared, 1))
    correction = linear("last", graph.op("Relu", graph.op("Add", linear("head", state), pooled)))
    correction = graph.op("Tanh", number("Div", correction, LARGEST_CORRECTION))
    correction = number("Mul", correction, LARGEST_CORRECTION)
    times = graph.op("Mul", graph.op("Add", estimate, correction), present)
    absent = graph.op("Sub", graph.constant(np.float32(1.0)), present)
    times = graph.op("Add", times, number("Mul", absent, ABSENT))
    largest = graph.op("ReduceMax", times, axes=[1], keepdims=1)
    total = graph.sum(graph.op("Exp", graph.op("Sub", times, largest)), 1)
    total = graph.op("Add", graph.op("Log", total), largest)
    return graph.op("Squeeze", total, graph.constant([2]))


def export(members: list[Parameters], layout: Layout, path: Path, metadata: dict[str, str]) -> float:
    """Writes the mean of the members; gives the largest difference between JAX and the file."""
    graph = Graph()
    outputs = [member(graph, values, layout) for values in members]
    joined = outputs[0] if len(outputs) == 1 else graph.op("Concat", *outputs, axis=1)
    mean = graph.op("ReduceMean", joined, axes=[1], keepdims=0)
    graph.nodes.append(helper.make_node("Identity", [mean], ["log_time"]))
    shapes = {
        "statements": ["batch", "count", layout.row_width],
        "accesses": ["batch", "count", layout.accesses, layout.access_width],
        "globals": ["batch", layout.global_width],
    }
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    output = helper.make_tensor_value_info("log_time", TensorProto.FLOAT, ["batch"])
    body = helper.make_graph(graph.nodes, "cost_model", inputs, [output], list(graph.constants.values()))
    file = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in {SCHEMA_KEY: layout.schema_hash, **metadata}.items():
        file.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.SerializeToString(deterministic=True))
    return compare(members, layout, path)


def random_inputs(layout: Layout, batch: int, count: int, random: np.random.Generator) -> tuple:
    """Inputs with some statements absent, but never the first."""
    rows = random.normal(size=(batch, count, layout.row_width)).astype(np.float32)
    accesses = random.normal(size=(batch, count, layout.accesses, layout.access_width)).astype(np.float32)
    present = (rows[..., 0:1] > 0).astype(np.float32)
    present[:, 0] = 1.0
    rows[..., 0:1] = 1.0
    whole = random.normal(size=(batch, layout.global_width)).astype(np.float32)
    return rows * present, accesses * present[..., None], whole


def compare(members: list[Parameters], layout: Layout, path: Path) -> float:
    """Largest difference on random inputs of several shapes; refuses one above the tolerance."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    largest = 0.0
    for batch, count in [(1, 1), (1, layout.statements), (7, 3), (64, 2)]:
        inputs = random_inputs(layout, batch, count, random)
        expected = np.mean([log_time(values, layout.estimate, *inputs) for values in members], axis=0)
        given = session.run(None, dict(zip(("statements", "accesses", "globals"), inputs, strict=True)))[0]
        largest = max(largest, float(np.abs(expected - given).max()))
    if not largest <= TOLERANCE:
        raise ExportError(f"the ONNX file differs from the network by {largest}")
    return largest
