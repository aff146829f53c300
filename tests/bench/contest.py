"""Both programs over the same pages in the same run, by turns, so that neither gets the quieter machine."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.accuracy.readings import is_page_number
from tests.accuracy.scoring import Score, score, total
from tests.bench.pages import Sheet
from tests.bench.programs import Outcome, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Medians over the rounds. ``workers`` is what both were told to use."""

    program: str
    workers: int
    pages_a_minute: float
    cpu_s_a_page: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a program made of one set. ``skew_mean_deg`` and ``skew_worst_deg`` are None where it does not say."""

    program: str
    of: str
    pages: int
    bytes_a_page: float
    character_error: float
    word_error: float
    letter_error: float
    recall: float
    skew_mean_deg: float | None
    skew_worst_deg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run of one program."""

    program: str
    workers: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often and with how many workers each program runs, and where it may write."""

    rounds: int
    workers: tuple[int, ...]
    place: Path
    say: Callable[[str], None]


def compete(programs: Sequence[Program], sheets: Sequence[Sheet], plan: Plan) -> list[Turn]:
    """A B A B with one worker, then with two."""
    turns = []
    for workers in plan.workers:
        for number in range(plan.rounds):
            for program in programs:
                place = plan.place / f"{program.name}-{workers}-{number}"
                outcome = program.process(sheets, workers, place)
                turns.append(Turn(program=program.name, workers=workers, outcome=outcome))
                plan.say(f"{program.name}, {workers} worker(s), round {number + 1}: {outcome.cost.seconds:.1f} s")
    return turns


def speeds(turns: Sequence[Turn], pages: int) -> list[Speed]:
    made = []
    for program, workers in dict.fromkeys((turn.program, turn.workers) for turn in turns):
        costs = [turn.outcome.cost for turn in turns if (turn.program, turn.workers) == (program, workers)]
        made.append(
            Speed(
                program=program,
                workers=workers,
                pages_a_minute=60 * pages / statistics.median(cost.seconds for cost in costs),
                cpu_s_a_page=statistics.median(cost.cpu_s for cost in costs) / pages,
                peak_mb=max(cost.peak_mb for cost in costs),
            )
        )
    return made


def qualities(turns: Sequence[Turn], sheets: Sequence[Sheet]) -> list[Quality]:
    """Of each program's first run: the same pages give the same text every time."""
    first = {turn.program: turn for turn in reversed(turns)}
    names = dict.fromkeys(sheet.of for sheet in sheets)
    return [
        _quality(first[program], name, [s for s in sheets if s.of == name])
        for name in names
        for program in sorted(first)
    ]


def _quality(turn: Turn, name: str, sheets: Sequence[Sheet]) -> Quality:
    found = total(_scores(turn.outcome, sheets))
    skews = [
        abs(product.skew_deg - sheet.skew_deg)
        for sheet in sheets
        if (product := turn.outcome.products.get(sheet.file)) and None not in (product.skew_deg, sheet.skew_deg)
    ]
    return Quality(
        program=turn.program,
        of=name,
        pages=len(sheets),
        bytes_a_page=turn.outcome.bytes_by_set[name] / len(sheets),
        character_error=found.characters.share,
        word_error=found.words.share,
        letter_error=found.letters.share,
        recall=found.recall,
        skew_mean_deg=statistics.mean(skews) if skews else None,
        skew_worst_deg=max(skews, default=None),
    )


def _scores(outcome: Outcome, sheets: Sequence[Sheet]) -> Iterator[Score]:
    """A page that did not come out counts as read empty."""
    for sheet in sheets:
        product = outcome.products.get(sheet.file)
        text = product.text if product else ""
        yield score(_without_page_number(text) if sheet.of == "nd96" else text, sheet.truth)


def _without_page_number(text: str) -> str:
    lines = text.strip().split("\n")
    return "\n".join(lines[1:] if is_page_number(lines[0]) else lines)
