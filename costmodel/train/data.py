"""Reading measured programs: JSON lines in, padded arrays out, split by program."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layout import Layout


class DataError(Exception):
    """The data cannot be used; the message says why and what to do."""


@dataclass
class Program:
    """One program: its schedules' features and log times in milliseconds, the original first."""

    name: str
    shape: str
    machine: str
    statements: np.ndarray
    accesses: np.ndarray
    global_values: np.ndarray
    log_time: np.ndarray


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
    if not isinstance(record, dict) or "schedules_list" not in record:
        raise DataError(f"{place}: this is no record of a measured program")
    if record.get("left_out"):
        return None
    if record.get("feature_schema", "") != layout.schema_hash:
        raise DataError(f"{place}: no features of this version; make them with `loopwright dataset refeature`")
    rows, whole, times = [], [], []
    for position, schedule in enumerate(record["schedules_list"]):
        if any(time is None or not 0 < time < float("inf") for time in schedule["execution_times"]):
            raise DataError(f"{place}: schedule {position} has a label that is no time in milliseconds")
        valid = schedule["execution_times"]
        if not valid:
            if position == 0:
                return None
            continue
        values = np.asarray(schedule["features"], dtype=np.float32)
        if len(values) <= layout.global_width or not np.isfinite(values).all():
            raise DataError(f"{place}: schedule {position} has no features, or some that are no numbers")
        statements = values[layout.global_width :].reshape(-1, layout.statement_width)
        padded = np.zeros((layout.statements, layout.statement_width), dtype=np.float32)
        padded[: len(statements)] = statements
        rows.append(padded)
        whole.append(values[: layout.global_width])
        times.append(np.log(min(valid)))
    if len(times) < 2:
        return None
    count = max(int(np.any(np.stack(rows), axis=(0, 2)).sum()), 1)
    table = np.stack(rows)[:, :count]
    shape = (len(rows), count, layout.accesses, layout.access_width)
    return Program(
        name=record["program_name"],
        shape=record["shape"],
        machine=" ".join(f"{name} {value}" for name, value in record["machine"].items()),
        statements=table[..., : layout.row_width].copy(),
        accesses=table[..., layout.row_width :].reshape(shape).copy(),
        global_values=np.stack(whole),
        log_time=np.array(times, dtype=np.float32),
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


class Batches:
    """Programs in batches of one shape, padded with schedules that do not count."""

    def __init__(self, programs: list[Program], layout: Layout, size: int, shape: tuple[int, int] | None = None):
        self.programs, self.layout, self.size = programs, layout, size
        self.schedules, self.rows_each = shape or self.sizes(programs)

    @staticmethod
    def sizes(programs: list[Program]) -> tuple[int, int]:
        """Most schedules of a program, and most statements of a schedule."""
        return (
            max((len(program.log_time) for program in programs), default=1),
            max((program.statements.shape[1] for program in programs), default=1),
        )

    @staticmethod
    def rows(programs: list[Program]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All statements, accesses and global values below each other."""
        return (
            np.concatenate([one.statements.reshape(-1, one.statements.shape[-1]) for one in programs]),
            np.concatenate([one.accesses.reshape(-1, one.accesses.shape[-1]) for one in programs]),
            np.concatenate([one.global_values for one in programs]),
        )

    def count(self) -> int:
        """How many batches there are."""
        return -(-len(self.programs) // self.size)

    def all(self, order=None):
        """Inputs, log times and which of them count, batch by batch."""
        order = range(len(self.programs)) if order is None else list(order)
        for begin in range(0, len(order), self.size):
            yield self.batch([self.programs[number] for number in order[begin : begin + self.size]])

    def batch(self, programs: list[Program]):
        layout, shape = self.layout, (self.size, self.schedules)
        statements = np.zeros((*shape, self.rows_each, layout.row_width), np.float32)
        accesses = np.zeros((*shape, self.rows_each, layout.accesses, layout.access_width), np.float32)
        whole = np.zeros((*shape, layout.global_width), np.float32)
        times, valid = np.zeros(shape, np.float32), np.zeros(shape, bool)
        for number, program in enumerate(programs):
            count, rows = program.statements.shape[:2]
            statements[number, :count, :rows] = program.statements
            accesses[number, :count, :rows] = program.accesses
            whole[number, :count] = program.global_values
            times[number, :count] = program.log_time
            valid[number, :count] = True
        return (statements, accesses, whole), times, valid
