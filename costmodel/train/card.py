"""The model card: what the model was trained on, how good it is, how to make it again."""

from collections import Counter
from pathlib import Path

from data import Program
from layout import Layout
from metrics import Report

INTRODUCTION = """\
# Model card of the shipped cost model

`cost_model.onnx` predicts the logarithm of the running time of a scheduled loop tree; the predicted
speedup of a schedule is the difference to the original tree. It ranks candidates in the search. It
never decides what is legal, and the search measures what it proposes, so an error costs speed only.
"""

LIMITS = """\
## Limits

- The labels come from the machine described by the data alone. The features name cache sizes,
  threads and vector width, but the model has seen no other values of them: on another machine its
  order is a guess until it is trained there.
- The machine was doing other work while it measured, so the labels are noisy, those of parallel
  schedules most of all; many schedules of a program differ by less than that noise, which bounds
  the rank correlation that any model could reach.
- The network's width, dropout and weight decay were chosen among seven settings on other splits of
  the same programs (seeds 1 to 3), so the held-out figures are a little better than on new data.
- Programs are made by seed; PolyBench is not among them.
- Trip counts of loops with bounds that depend on others are means, not exact.
"""

REPEAT = """\
## How to repeat it

```sh
loopwright dataset generate --help   # makes measured programs
loopwright dataset refeature DATA --out train.jsonl
costmodel/train/run.sh train.jsonl   # trains, exports, compares, writes this card and the plots beside it
```
"""


def write_card(
    path: Path,
    layout: Layout,
    parts: tuple[list[Program], list[Program], list[Program]],
    results: dict[str, Report],
    details: dict[str, str],
) -> None:
    """Writes the card beside the model."""
    lines = [INTRODUCTION, "## Data\n", "| part | programs | schedules |", "|---|---|---|"]
    for name, programs in zip(("training", "validation", "held-out"), parts, strict=True):
        lines.append(f"| {name} | {len(programs)} | {sum(len(program.log_time) for program in programs)} |")
    lines.append("\nThe parts are split by program: no program is in two of them.\n")
    shapes = Counter(program.shape for part in parts for program in part)
    lines.append("Programs by family: " + ", ".join(f"{name} {count}" for name, count in sorted(shapes.items())))
    lines += [
        "\n## How good it is\n",
        "Spearman is the mean over programs of the rank correlation of their schedules. Regret is the",
        "share of the best speedup that is lost by running only the schedule predicted best, or the",
        "best of the five predicted best. Errors are means over schedules.\n",
        "| | programs | schedules | Spearman | regret, best one | regret, best five | relative error | log error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        lines.append(
            f"| {name} | {result.programs} | {result.schedules} | {result.spearman:.3f} | "
            f"{result.top_one_regret:.3f} | {result.top_five_regret:.3f} | "
            f"{result.relative_error:.3f} | {result.log_error:.3f} |"
        )
    lines += ["\n## Details\n", f"- Feature schema: `{layout.schema_hash}`"]
    lines += [f"- {name}: {value}" for name, value in details.items()]
    path.write_text("\n".join(lines) + "\n\n" + LIMITS + "\n" + REPEAT)
