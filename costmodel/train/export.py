"""Writing the network as ONNX with the schema's hash, checked against torch."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from layout import Layout

SCHEMA_KEY = "loopwright.feature_schema"
INPUTS = ("statements", "accesses", "globals")
TOLERANCE = 1e-3


class ExportError(Exception):
    """The written file does not compute what the network does."""


def export(model: nn.Module, layout: Layout, path: Path, metadata: dict[str, str]) -> float:
    """Writes the file; gives the largest difference between torch and the file's outputs."""
    model.eval()
    inputs = random_inputs(layout, 3, 2, torch.Generator().manual_seed(0))
    batch, count = torch.export.Dim("batch"), torch.export.Dim("count", max=layout.statements)
    program = torch.onnx.export(
        model,
        inputs,
        dynamo=True,
        input_names=list(INPUTS),
        output_names=["log_time"],
        dynamic_shapes=({0: batch, 1: count}, {0: batch, 1: count}, {0: batch}),
        verbose=False,
    )
    file = program.model_proto
    del file.metadata_props[:]
    for key, value in {SCHEMA_KEY: layout.schema_hash, **metadata}.items():
        file.metadata_props.add(key=key, value=value)
    # Notes of the exporter on each node, which hold paths of this machine.
    for node in file.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in file.graph.value_info:
        del value.metadata_props[:]
    onnx.checker.check_model(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.SerializeToString(deterministic=True))
    return compare(model, layout, path)


def random_inputs(layout: Layout, batch: int, count: int, generator: torch.Generator) -> tuple:
    """Inputs with some statements absent, but never the first."""
    rows = torch.randn(batch, count, layout.row_width, generator=generator)
    accesses = torch.randn(batch, count, layout.accesses, layout.access_width, generator=generator)
    present = (rows[..., 0:1] > 0).float()
    present[:, 0] = 1.0
    rows[..., 0:1] = 1.0
    whole = torch.randn(batch, layout.global_width, generator=generator)
    return rows * present, accesses * present.unsqueeze(-1), whole


def compare(model: nn.Module, layout: Layout, path: Path) -> float:
    """Largest difference on random inputs of several shapes; refuses one above the tolerance."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    largest = 0.0
    for batch, count in [(1, 1), (1, layout.statements), (7, 3), (64, 2)]:
        inputs = random_inputs(layout, batch, count, generator)
        with torch.no_grad():
            expected = model(*inputs).numpy()
        given = session.run(None, {name: value.numpy() for name, value in zip(INPUTS, inputs)})[0]
        largest = max(largest, float(np.abs(expected - given).max()))
    if largest > TOLERANCE:
        raise ExportError(f"the ONNX file differs from the network by {largest}")
    return largest
