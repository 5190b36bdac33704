"""Plots of held-out programs as SVG: predicted against measured, and calibration by family."""

from html import escape
from pathlib import Path

import numpy as np

SIZE, MARGIN = 420, 60
COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999933", "#555555"]


class Plot:
    """A square with two axes of log speedups, of the same range."""

    def __init__(self, title: str, low: float, high: float):
        self.low, self.high = low, max(high, low + 1e-6)
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE + 2 * MARGIN + 120}" height="{SIZE + 2 * MARGIN}" '
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
            f'<text x="{MARGIN}" y="24" font-weight="bold">{escape(title)}</text>',
            f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#888"/>',
            f'<text x="{MARGIN + SIZE / 2}" y="{SIZE + 2 * MARGIN - 14}" text-anchor="middle">measured speed-up</text>',
            f'<text x="16" y="{MARGIN + SIZE / 2}" text-anchor="middle" '
            f'transform="rotate(-90 16 {MARGIN + SIZE / 2})">predicted speed-up</text>',
        ]
        for power in range(int(np.ceil(low / np.log(2))), int(np.floor(high / np.log(2))) + 1):
            place, label = self.place(power * np.log(2)), f"{2.0**power:g}x"
            self.parts.append(f'<text x="{MARGIN + place:.1f}" y="{SIZE + MARGIN + 16}" text-anchor="middle">{label}</text>')
            self.parts.append(f'<text x="{MARGIN - 6}" y="{MARGIN + SIZE - place + 4:.1f}" text-anchor="end">{label}</text>')
        self.line([(low, low), (high, high)], "#bbb")

    def place(self, value: float) -> float:
        return (float(np.clip(value, self.low, self.high)) - self.low) / (self.high - self.low) * SIZE

    def point(self, measured: float, predicted: float, colour: str) -> None:
        x, y = MARGIN + self.place(measured), MARGIN + SIZE - self.place(predicted)
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}" fill-opacity="0.5"/>')

    def line(self, points: list[tuple[float, float]], colour: str) -> None:
        places = " ".join(f"{MARGIN + self.place(x):.1f},{MARGIN + SIZE - self.place(y):.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')

    def legend(self, row: int, text: str, colour: str) -> None:
        y = MARGIN + 14 + 16 * row
        self.parts.append(f'<text x="{SIZE + MARGIN + 10}" y="{y}" fill="{colour}">{escape(text)}</text>')

    def write(self, path: Path) -> None:
        path.write_text("\n".join([*self.parts, "</svg>\n"]))


def write_plots(folder: Path, families: list[str], pairs: list[tuple[np.ndarray, np.ndarray]]) -> list[Path]:
    """`families` names the family of each pair of (predicted, measured) log speedups of a program."""
    names = sorted(set(families))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    everything = np.concatenate([np.concatenate(pair) for pair in pairs])
    low, high = np.quantile(everything, [0.005, 0.995])
    scatter = Plot("Held-out programs: predicted against measured", low, high)
    calibration = Plot("Calibration by family: mean measured for each tenth by prediction", low, high)
    for row, name in enumerate(names):
        chosen = [pair for family, pair in zip(families, pairs, strict=True) if family == name]
        predicted = np.concatenate([pair[0] for pair in chosen])
        measured = np.concatenate([pair[1] for pair in chosen])
        for one, other in zip(predicted, measured, strict=True):
            scatter.point(other, one, colours[name])
        order = np.array_split(np.argsort(predicted, kind="stable"), min(10, len(predicted)))
        calibration.line([(measured[part].mean(), predicted[part].mean()) for part in order], colours[name])
        for plot in (scatter, calibration):
            plot.legend(row, name, colours[name])
    paths = [folder / "predicted.svg", folder / "calibration.svg"]
    scatter.write(paths[0])
    calibration.write(paths[1])
    return paths
