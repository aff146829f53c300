"""Figures of one run as tables to read, JSON to compare, and a picture."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

from tests.bench.contest import Quality, Speed
from tests.bench.inside import Around, Part, Peak

_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
_COLOURS = {"intake": (24, 110, 160), "ocrmypdf": (200, 130, 40)}
_BAR, _GAP, _LEFT, _WIDE, _MARGIN = 22, 34, 260, 980, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All of one run; ``about`` says on what machine and with which versions."""

    about: dict[str, str]
    speeds: list[Speed]
    qualities: list[Quality]
    around: list[Around]
    peaks: list[Peak]
    desk: list[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table before it is drawn."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def rich(self) -> Table:
        table = Table(title=self.title, title_justify="left")
        for number, name in enumerate(self.head):
            table.add_column(name, justify="left" if number == 0 else "right")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        rules = ("---", *("---:" for _ in self.head[1:]))
        return "\n".join(
            [f"**{self.title}**", "", *(f"| {' | '.join(row)} |" for row in (self.head, rules, *self.rows))]
        )


def grids(figures: Figures) -> list[Grid]:
    return [
        grid
        for grid in (_speed(figures), _quality(figures), _around(figures), _peaks(figures), _desk(figures))
        if grid.rows
    ]


def _speed(figures: Figures) -> Grid:
    rows = [
        (
            f"{s.program}, {s.workers} worker{'s' if s.workers > 1 else ''}",
            f"{s.pages_a_minute:.1f}",
            _times_faster(s, figures.speeds),
            f"{s.cpu_s_a_page:.2f}",
            f"{s.peak_mb:.0f}",
        )
        for s in sorted(figures.speeds, key=lambda s: (s.workers, s.program))
    ]
    head = ("whole command", "pages a minute", "times ocrmypdf", "CPU s a page", "largest process MB")
    return Grid(title="Speed: scans in, searchable PDF/A out", head=head, rows=rows)


def _times_faster(own: Speed, speeds: Sequence[Speed]) -> str:
    other = next((s for s in speeds if s.program == "ocrmypdf" and s.workers == own.workers), None)
    return f"{own.pages_a_minute / other.pages_a_minute:.1f}" if other else "-"


def _quality(figures: Figures) -> Grid:
    rows = [
        (
            f"{q.of}, {q.pages} pages: {q.program}",
            f"{q.bytes_a_page / 1000:.0f}",
            f"{q.character_error:.2%}",
            f"{q.word_error:.2%}",
            f"{q.letter_error:.2%}",
            f"{q.recall:.2%}",
            _degrees(q),
        )
        for q in figures.qualities
    ]
    head = ("text and size of the PDF", "KB a page", "characters", "words", "letters", "recall", "skew mean / worst")
    return Grid(title="What comes out: errors by pdftotext -raw", head=head, rows=rows)


def _degrees(quality: Quality) -> str:
    if quality.skew_mean_deg is None or quality.skew_worst_deg is None:
        return "-"
    return f"{quality.skew_mean_deg:.3f}° / {quality.skew_worst_deg:.3f}°"


def _around(figures: Figures) -> Grid:
    rows = [
        (
            f"{a.of}, {a.pages} pages",
            f"{a.recogniser_s:.2f}",
            f"{a.around_s:.2f}",
            f"{a.around_share:.0%}",
            f"{a.tesseract_s:.2f}",
            f"{a.around_s / a.tesseract_s:.0%}",
            f"{a.glance_s:.2f}",
        )
        for a in figures.around
    ]
    head = (
        *("one page, one core", "recogniser s", "around it s", "around / recogniser"),
        *("Tesseract program s", "around / Tesseract", "glance s"),
    )
    return Grid(title="Around the recogniser", head=head, rows=rows)


def _peaks(figures: Figures) -> Grid:
    rows = [(peak.what, f"{peak.megabytes:.0f}") for peak in figures.peaks]
    return Grid(title="Memory of one reader", head=("page", "peak MB"), rows=rows)


def _desk(figures: Figures) -> Grid:
    rows = [(part.what, f"{part.milliseconds:.1f}") for part in figures.desk]
    return Grid(title="The clerk's desk", head=("step", "ms"), rows=rows)


def write(figures: Figures, into: Path, console: Console) -> None:
    """Tables on the screen and in table.md, everything in figures.json, the picture in plot.png."""
    into.mkdir(parents=True, exist_ok=True)
    made = grids(figures)
    for grid in made:
        console.print(grid.rich())
    about = "\n".join(f"{name}: {value}  " for name, value in figures.about.items())
    (into / "table.md").write_text("\n\n".join([about, *(g.markdown() for g in made)]) + "\n", encoding="utf-8")
    text = json.dumps(dataclasses.asdict(figures), ensure_ascii=False, indent=1)
    (into / "figures.json").write_text(text + "\n", encoding="utf-8")
    plot(figures).save(into / "plot.png")


# --- the picture -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    label: str
    program: str
    value: float
    text: str


def plot(figures: Figures) -> Image.Image:
    """Bars of speed, size and error, both programs side by side."""
    groups = [
        ("pages a minute (longer is better)", _speed_bars(figures)),
        ("KB a page", _quality_bars(figures, "bytes_a_page", 1e-3, "{:.0f}")),
        (
            "characters wrong, per cent, order of columns included",
            _quality_bars(figures, "character_error", 100, "{:.2f}"),
        ),
        ("letters wrong, per cent, order forgiven", _quality_bars(figures, "letter_error", 100, "{:.2f}")),
    ]
    tall = _MARGIN * 2 + sum(len(bars) * (_BAR + 6) + 2 * _GAP for _, bars in groups)
    picture = Image.new("RGB", (_LEFT + _WIDE + 160, tall), "white")
    y = _MARGIN
    for title, bars in groups:
        y = _draw_group(ImageDraw.Draw(picture), title, bars, y)
    return picture


def _speed_bars(figures: Figures) -> list[_Bar]:
    return [
        _Bar(
            label=f"{s.program}, {s.workers}",
            program=s.program,
            value=s.pages_a_minute,
            text=f"{s.pages_a_minute:.1f}",
        )
        for s in sorted(figures.speeds, key=lambda s: (s.workers, s.program))
    ]


def _quality_bars(figures: Figures, field: str, unit: float, form: str) -> list[_Bar]:
    values = [(q, getattr(q, field) * unit) for q in figures.qualities]
    return [_Bar(label=f"{q.of}: {q.program}", program=q.program, value=v, text=form.format(v)) for q, v in values]


def _draw_group(pen: ImageDraw.ImageDraw, title: str, bars: Sequence[_Bar], y: int) -> int:
    small, large = ImageFont.truetype(_FONT, 15), ImageFont.truetype(_FONT, 18)
    pen.text((_MARGIN, y), title, font=large, fill="black")
    y += _GAP
    longest = max((bar.value for bar in bars), default=0) or 1
    for bar in bars:
        right = _LEFT + round(_WIDE * bar.value / longest)
        pen.text((_MARGIN, y + 2), bar.label, font=small, fill="black")
        pen.rectangle((_LEFT, y, max(right, _LEFT + 1), y + _BAR), fill=_COLOURS.get(bar.program, (90, 90, 90)))
        pen.text((right + 8, y + 2), bar.text, font=small, fill="black")
        y += _BAR + 6
    return y + _GAP
