"""The layout of the features, as `layout.json` states it; a Rust test keeps that file true."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Sizes of the blocks of a feature list, and the hash of the schema they belong to."""

    schema_hash: str
    statements: int
    accesses: int
    global_width: int
    row_width: int
    access_width: int
    estimate: int

    @property
    def statement_width(self) -> int:
        return self.row_width + self.accesses * self.access_width


def load_layout() -> Layout:
    """Reads the layout beside this file."""
    text = json.loads((Path(__file__).parent / "layout.json").read_text())
    return Layout(
        schema_hash=text["schema_hash"],
        statements=text["statements"],
        accesses=text["accesses"],
        global_width=len(text["global_fields"]),
        row_width=len(text["statement_fields"]) + text["levels"] * len(text["level_fields"]),
        access_width=len(text["access_fields"]),
        estimate=text["statement_fields"].index("log_estimate"),
    )
