"""Reading measured programs: JSON lines in, padded arrays out, split by program."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from layout import Layout


class DataError(Exception):
    """The data cannot be used; the message says why and what to do."""


@dataclass
class Program:
    """One program: its schedules' features and log times in milliseconds, the original first."""

    name: str
    shape: str
    machine: str
    statements: Tensor
    accesses: Tensor
    global_values: Tensor
    log_time: Tensor

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.statements, self.accesses, self.global_values

    @property
    def log_speedup(self) -> Tensor:
        return self.log_time[0] - self.log_time


def shards(paths: list[Path]) -> list[Path]:
    """The `*.jsonl` files that the given files and folders hold."""
    found = []
    for path in paths:
        found += sorted(path.glob("*.jsonl")) if path.is_dir() else [path] if path.exists() else []
    if not found:
        raise DataError(f"no *.jsonl files in {', '.join(map(str, paths))}")
    return sorted(set(found))


def data_hash(paths: list[Path]) -> str:
    """SHA-256 over the contents of the shards in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_programs(paths: list[Path], layout: Layout) -> list[Program]:
    """All programs with an original and at least one more measured schedule."""
    programs = {}
    for path in paths:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break  # a writer was stopped in the middle of its last line
                if line.strip():
                    record = parse(line, f"{path}:{number}", layout)
                    if record is not None:
                        programs[record.name] = record
    return [programs[name] for name in sorted(programs)]


def copy_programs(names: set[str], sources: list[Path], target: Path) -> None:
    """Writes the records of some programs, unchanged, to one file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as output:
        for source in sources:
            for line in source.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n") and line.strip() and json.loads(line)["program_name"] in names:
                    output.write(line)


def parse(line: bytes, place: str, layout: Layout) -> Program | None:
    """One record; `None` when too little of it was measured."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: {error}") from error
    if record["feature_schema"] != layout.schema_hash:
        raise DataError(f"{place}: features of another version; generate the data again")
    rows, whole, times = [], [], []
    for position, schedule in enumerate(record["schedules_list"]):
        valid = [time for time in schedule["execution_times"] if time and 0 < time < float("inf")]
        if not valid:
            if position == 0:
                return None
            continue
        values = np.asarray(schedule["features"], dtype=np.float32)
        statements = values[layout.global_width :].reshape(-1, layout.statement_width)
        padded = np.zeros((layout.statements, layout.statement_width), dtype=np.float32)
        padded[: len(statements)] = statements
        rows.append(padded)
        whole.append(values[: layout.global_width])
        times.append(np.log(min(valid)))
    if len(times) < 2:
        return None
    count = max(int(np.any(np.stack(rows), axis=(0, 2)).sum()), 1)
    table = torch.from_numpy(np.stack(rows)[:, :count].copy())
    return Program(
        name=record["program_name"],
        shape=record["shape"],
        machine=" ".join(f"{name} {value}" for name, value in record["machine"].items()),
        statements=table[..., : layout.row_width].contiguous(),
        accesses=table[..., layout.row_width :].unflatten(-1, (layout.accesses, layout.access_width)).contiguous(),
        global_values=torch.from_numpy(np.stack(whole)),
        log_time=torch.tensor(np.array(times), dtype=torch.float32),
    )


def split(programs: list[Program], seed: int, parts: tuple[float, float]) -> tuple[list, list, list]:
    """Training, validation and held-out programs; `parts` are the shares of the last two.

    Where a program falls depends on its name and the seed alone, so data can be added later.
    """
    chosen = ([], [], [])
    for program in programs:
        digest = hashlib.sha256(f"{seed}:{program.name}".encode()).digest()
        place = int.from_bytes(digest[:8], "big") / 2**64
        part = 2 if place < parts[1] else 1 if place < parts[0] + parts[1] else 0
        chosen[part].append(program)
    return chosen


def batch(programs: list[Program]) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
    """The network's inputs, the log times and the program's number of each schedule, in one batch."""
    count = max(program.statements.shape[1] for program in programs)
    pad = torch.nn.functional.pad
    missing = [count - program.statements.shape[1] for program in programs]
    statements = [pad(program.statements, (0, 0, 0, more)) for program, more in zip(programs, missing)]
    accesses = [pad(program.accesses, (0, 0, 0, 0, 0, more)) for program, more in zip(programs, missing)]
    owner = [torch.full((len(program.log_time),), number) for number, program in enumerate(programs)]
    return (
        (torch.cat(statements), torch.cat(accesses), torch.cat([program.global_values for program in programs])),
        torch.cat([program.log_time for program in programs]),
        torch.cat(owner),
    )
