"""The pipeline on made-up data: it learns what can be learned, and files come out whole."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from data import Batches, DataError, data_hash, read_programs, shards, split  # noqa: E402
from export import export  # noqa: E402
from fit import Options, evaluate, fit, predictions  # noqa: E402
from layout import load_layout  # noqa: E402
from metrics import report, spearman  # noqa: E402
from network import log_time, untrained  # noqa: E402
from plots import write_plots  # noqa: E402

LAYOUT = load_layout()


def made_up_record(name: str, random: np.random.Generator) -> dict:
    """A program whose times follow from the estimate and one more column of its features."""
    schedules = []
    for _ in range(12):
        statements = np.zeros((2, LAYOUT.statement_width), dtype=np.float32)
        statements[:, : LAYOUT.row_width] = random.normal(size=(2, LAYOUT.row_width))
        statements[:, LAYOUT.row_width :: LAYOUT.access_width] = 1.0
        statements[:, 0] = 1.0
        statements[:, LAYOUT.estimate] = random.uniform(15, 25, size=2)
        hidden = statements[:, LAYOUT.estimate] * np.log(2) + 1.5 * statements[:, 3]
        values = np.concatenate([random.normal(size=LAYOUT.global_width), statements.ravel()])
        schedules.append(
            {
                "sched_str": "",
                "execution_times": [float(np.exp(hidden).sum() / 3.4e6)],
                "features": [round(float(value), 3) for value in values],
            }
        )
    return {
        "program_name": name,
        "shape": "made-up",
        "machine": {"threads": 2},
        "feature_schema": LAYOUT.schema_hash,
        "schedules_list": schedules,
    }


class Training(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        random = np.random.default_rng(0)
        lines = [json.dumps(made_up_record(f"program{number}", random)) for number in range(120)]
        (self.path / "a.jsonl").write_text("\n".join(lines) + '\n{"torn')

    def test_it_learns_and_exports(self):
        programs = read_programs(shards([self.path]), LAYOUT)
        self.assertEqual(len(programs), 120)
        training, validation, held_out = split(programs, 1, (0.15, 0.15))
        self.assertEqual(len(training) + len(validation) + len(held_out), 120)
        checks = Batches(held_out, LAYOUT, 8)
        before = evaluate([untrained(LAYOUT)], LAYOUT, checks)
        model = fit(LAYOUT, training, validation, Options(epochs=25))
        after = evaluate([model], LAYOUT, checks)
        self.assertGreater(after.spearman, before.spearman + 0.02)
        self.assertLess(after.log_error, before.log_error)
        file = self.path / "model.onnx"
        export([model, model], LAYOUT, file, {})
        self.assertIn(LAYOUT.schema_hash.encode(), file.read_bytes())
        self.assertNotIn(str(Path.cwd()).encode(), file.read_bytes())
        pairs = predictions([model], LAYOUT, checks)
        for plot in write_plots(self.path, [program.shape for program in held_out], pairs):
            self.assertTrue(plot.read_text().endswith("</svg>\n"))

    def test_the_same_again_to_the_last_digit(self):
        training, validation, _ = split(read_programs(shards([self.path]), LAYOUT), 1, (0.15, 0.15))
        files = []
        for seed in (7, 7, 8):
            model = fit(LAYOUT, training[:40], validation, Options(epochs=3, seed=seed))
            export([model], LAYOUT, self.path / "model.onnx", {})
            files.append((self.path / "model.onnx").read_bytes())
        self.assertEqual(files[0], files[1])
        self.assertNotEqual(files[0], files[2])

    def test_labels_that_are_no_times_are_refused(self):
        for bad in (float("nan"), float("inf"), 0.0, -1.0, None):
            record = made_up_record("bad", np.random.default_rng(1))
            record["schedules_list"][3]["execution_times"] = [bad]
            path = self.path / "b.jsonl"
            path.write_text(json.dumps(record) + "\n")
            with self.assertRaisesRegex(DataError, "schedule 3 has a label"):
                read_programs([path], LAYOUT)

    def test_the_split_does_not_move(self):
        programs = read_programs(shards([self.path]), LAYOUT)
        names = [[program.name for program in part] for part in split(programs, 5, (0.2, 0.2))]
        fewer = [[program.name for program in part] for part in split(programs[::2], 5, (0.2, 0.2))]
        for all_of, some_of in zip(names, fewer, strict=True):
            self.assertTrue(set(some_of) <= set(all_of))

    def test_another_schema_is_refused(self):
        record = made_up_record("old", np.random.default_rng(1)) | {"feature_schema": "old"}
        path = self.path / "b.jsonl"
        path.write_text(json.dumps(record) + "\n")
        with self.assertRaises(DataError):
            read_programs([path], LAYOUT)
        self.assertNotEqual(data_hash([path]), data_hash(shards([self.path])))
        with self.assertRaises(DataError):
            shards([self.path / "none"])


class Figures(unittest.TestCase):
    def test_known_values(self):
        rising = np.arange(4.0)
        self.assertAlmostEqual(spearman(rising, np.array([1.0, 0.0, 2.0, 3.0])), 0.8)
        self.assertIsNone(spearman(rising, np.ones(4)))
        result = report([(np.log([1.0, 3.0, 2.0]), np.log([1.0, 2.0, 4.0]))])
        self.assertAlmostEqual(result.top_one_regret, 0.5)
        self.assertAlmostEqual(result.relative_error, 1 / 3)

    def test_an_untrained_network_is_the_estimate(self):
        statements = np.zeros((1, 2, LAYOUT.row_width), np.float32)
        statements[0, 0, 0] = 1.0
        statements[0, 0, LAYOUT.estimate] = 20.0
        accesses = np.zeros((1, 2, LAYOUT.accesses, LAYOUT.access_width), np.float32)
        whole = np.zeros((1, LAYOUT.global_width), np.float32)
        value = log_time(untrained(LAYOUT), LAYOUT.estimate, statements, accesses, whole)
        self.assertAlmostEqual(float(np.exp(value[0])), 2**20 / 3.4e6, places=4)


if __name__ == "__main__":
    unittest.main()
