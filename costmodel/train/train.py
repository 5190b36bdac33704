"""Trains the cost model on measured programs, writes the ONNX file and its card.

    python train.py [--output ../model/cost_model.onnx] DATA…

DATA are shards or folders of shards as `loopwright dataset generate` writes them.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from card import write_card
from data import DataError, copy_programs, data_hash, read_programs, shards, split
from export import export
from fit import Options, evaluate, fit
from layout import load_layout
from network import Ensemble, Network

PARTS = (0.12, 0.15)


def main() -> int:
    options = Options()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", type=Path, help="shards or folders of shards")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "../model/cost_model.onnx")
    parser.add_argument(
        "--held-out", type=Path, help="also write the records of the held-out programs to this file"
    )
    parser.add_argument("--seed", type=int, default=options.seed)
    parser.add_argument("--members", type=int, default=2, help="networks that are averaged")
    parser.add_argument("--epochs", type=int, default=options.epochs)
    parser.add_argument("--seconds", type=float, default=options.seconds, help="limit for each network")
    parser.add_argument(
        "--untrained", action="store_true", help="write the analytical estimate as a network; needs no data"
    )
    arguments = parser.parse_args()
    layout = load_layout()
    if arguments.untrained:
        difference = export(Network(layout), layout, arguments.output, {"loopwright.data": "none"})
        print(f"wrote {arguments.output} without training; ONNX differs by {difference:.1e}")
        return 0
    try:
        paths = shards(arguments.data)
        programs = read_programs(paths, layout)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    training, validation, held_out = split(programs, arguments.seed, PARTS)
    if not training or not validation or not held_out:
        print(f"error: {len(programs)} programs are too few to split", file=sys.stderr)
        return 1
    print(f"{len(training)} training, {len(validation)} validation, {len(held_out)} held-out programs")
    members = []
    for member in range(arguments.members):
        settings = replace(
            options, seed=arguments.seed + member, epochs=arguments.epochs, seconds=arguments.seconds
        )
        members.append(fit(layout, training, validation, settings))
    model = Ensemble(members).eval()
    results = {
        "analytical estimate, held-out": evaluate(Network(layout), held_out),
        "learned, training": evaluate(model, training),
        "learned, validation": evaluate(model, validation),
        "learned, held-out": evaluate(model, held_out),
    }
    digest = data_hash(paths)
    metadata = {"loopwright.data": digest, "loopwright.seed": str(arguments.seed)}
    for key, value in results["learned, held-out"].as_dict().items():
        metadata[f"loopwright.held_out.{key}"] = f"{value:.4g}"
    difference = export(model, layout, arguments.output, metadata)
    if arguments.held_out is not None:
        copy_programs({program.name for program in held_out}, paths, arguments.held_out)
    for name, result in results.items():
        print(name, result)
    write_card(
        path=arguments.output.parent / "CARD.md",
        layout=layout,
        parts=(training, validation, held_out),
        results=results,
        details={
            "Machine": ", ".join(sorted({program.machine for program in programs})),
            "SHA-256 of the data": digest,
            "Seed": str(arguments.seed),
            "Networks averaged": str(arguments.members),
            "Parameters of each": str(sum(weight.numel() for weight in members[0].parameters())),
            "Largest difference between torch and the ONNX file": f"{difference:.1e}",
            "torch": torch.__version__.split("+")[0],
        },
    )
    print(f"wrote {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
