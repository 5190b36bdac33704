"""Trains the cost model on measured programs, writes the ONNX file and its card.

    python train.py [--output ../model/cost_model.onnx] DATA…

DATA are shards or folders of shards with features, as `loopwright dataset refeature` writes them. The same
data, seed and machine give the same file, to the last digit: one thread, and no clock.
"""

import os

# Before JAX is there: sums in one order.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false " + os.environ.get("XLA_FLAGS", "")

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import jax

from card import write_card
from data import Batches, DataError, copy_programs, data_hash, read_programs, shards, split
from export import export
from fit import Options, evaluate, fit, predictions
from layout import load_layout
from network import untrained
from plots import write_plots

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
    parser.add_argument("--members", type=int, default=6, help="networks that are averaged")
    parser.add_argument("--epochs", type=int, default=options.epochs)
    parser.add_argument(
        "--untrained", action="store_true", help="write the analytical estimate as a network; needs no data"
    )
    arguments = parser.parse_args()
    layout = load_layout()
    if arguments.untrained:
        difference = export([untrained(layout)], layout, arguments.output, {"loopwright.data": "none"})
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
            options, seed=arguments.seed + member, epochs=arguments.epochs
        )
        members.append(fit(layout, training, validation, settings))
    everyone = training + validation + held_out
    sizes = Batches.sizes(everyone)
    parts = [Batches(part, layout, options.programs_per_batch, sizes) for part in (training, validation, held_out)]
    results = {
        "analytical estimate, held-out": evaluate([untrained(layout)], layout, parts[2]),
        "learned, training": evaluate(members, layout, parts[0]),
        "learned, validation": evaluate(members, layout, parts[1]),
        "learned, held-out": evaluate(members, layout, parts[2]),
    }
    digest = data_hash(paths)
    metadata = {"loopwright.data": digest, "loopwright.seed": str(arguments.seed)}
    for key, value in results["learned, held-out"].as_dict().items():
        metadata[f"loopwright.held_out.{key}"] = f"{value:.4g}"
    difference = export(members, layout, arguments.output, metadata)
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
            "Parameters of each": str(
                sum(value.size for name, value in members[0].items() if name.startswith(("weight", "bias")))
            ),
            "Largest difference between JAX and the ONNX file": f"{difference:.1e}",
            "JAX": f"{jax.__version__} on {jax.default_backend()}",
        },
    )
    families = [program.shape for program in held_out]
    write_plots(arguments.output.parent, families, predictions(members, layout, parts[2]))
    print(f"wrote {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
