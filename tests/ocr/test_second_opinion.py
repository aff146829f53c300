"""Two readers and one doubtful word: who is believed, and how much. The second is played by the test, then real."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf, log

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ocr import Pixels, line_engine, second_opinion
from ocr.clean import X_PX
from ocr.ctc import Logs, Peak, Span
from ocr.errors import EngineMissing, EngineTimeout
from ocr.line_engine import LineEngine, open_line_engine
from ocr.lines import Lines, find_lines
from ocr.reader import default_reader
from ocr.second import SIDE_X, LineReading, SecondMissing, SecondReader, SecondWord, open_second
from ocr.second_opinion import AGREED, DISPUTED, DOUBTFUL, FirstReading, SecondOpinion
from ocr.spelling import Spelt
from ocr.text import Box, Line, Word
from ocr.window import Window
from tests.ocr.made_pages import font

LETTERS = " abcdeghiklmnopqrstuvxyăâđêôơưáạảãàếệộ0123456789-."
CHARACTERS = (*LETTERS, "")
NULL = len(LETTERS)
LEFT, FOOT, SIZE = 150, 200, 25
TEXTS = ("ban", "an", "hang", "cho", "moi", "nam", "sau", "khi", "nhan", "don")
AT = 4


def seen_as(text: str, rivals: dict[str, float]) -> Logs:
    """Three steps a letter; at each place the letters of ``rivals`` share its chance by the given weights."""
    logs = np.full((3 * len(text), len(CHARACTERS)), log(1e-6), np.float32)
    for at, char in enumerate(text):
        chances = {char: 1.0} | {rival[at]: weight for rival, weight in rivals.items() if rival[at] != char}
        for other, weight in chances.items():
            logs[3 * at + 1, LETTERS.find(other)] = log(weight / sum(chances.values()))
        logs[3 * at, NULL] = logs[3 * at + 2, NULL] = 0.0
    return logs


def span_of(text: str, start: int) -> Span:
    peaks = [
        Peak(output=LETTERS.find(char), start=start + 3 * n + 1, end=start + 3 * n + 2) for n, char in enumerate(text)
    ]
    return Span(start=start, end=start + 3 * len(text), peaks=tuple(peaks))


@dataclass
class Played:
    """A second reader that sees every word of :data:`TEXTS` as it is, but for the one at :data:`AT`."""

    text: str
    confidence: float = 0.95
    rivals: dict[str, float] = field(default_factory=dict)
    moved: float = 0.0
    left: float = LEFT
    null: int = NULL
    version: str = "1"
    crops: list[Pixels] = field(default_factory=list)

    def code(self, text: str) -> list[int] | None:
        return [LETTERS.index(char) for char in text] if set(text) <= set(LETTERS) else None

    def read_lines(self, crops: Sequence[Pixels], _until: float = inf) -> tuple[LineReading, ...]:
        self.crops += crops
        box = box_of(AT)
        start = box.left - self.left + self.moved
        word = SecondWord(
            text=self.text,
            confidence=self.confidence,
            left=start,
            right=start + box.width,
            span=span_of(self.text, 0),
        )
        return tuple(LineReading(words=(word,), logs=seen_as(self.text, self.rivals)) for _ in crops)


def box_of(at: int) -> Box:
    letters = font(SIZE)
    left = LEFT + round(letters.getlength(" ".join([*TEXTS[:at], ""])))
    return Box(left=left, top=FOOT - 20, width=round(letters.getlength(TEXTS[at])), height=20)


@pytest.fixture(scope="module")
def page() -> Pixels:
    made = Image.new("L", (900, 400), 255)
    ImageDraw.Draw(made).text((LEFT, FOOT), " ".join(TEXTS), font=font(SIZE), fill=0, anchor="ls")
    return np.array(made)


@pytest.fixture(scope="module")
def lines(page: Pixels) -> Lines:
    found = find_lines(page, X_PX)
    assert len(found.lines) == 1
    return found


def first_reading(text: str, rivals: dict[str, float], confidence: float, sure: float = 0.99) -> FirstReading:
    """The line as the first has it, with ``text`` at :data:`AT`."""
    texts = [*TEXTS[:AT], text, *TEXTS[AT + 1 :]]
    words, spelt, parts, start = [], [], [], 0
    for at, own in enumerate(texts):
        words.append(Word(text=own, box=box_of(at), confidence=confidence if at == AT else sure))
        span = span_of(own, start)
        spelt.append(Spelt(text=own, read=own, span=span, sure=0.5, won=0.5, seen=0.5, known=True))
        parts.append(seen_as(own, rivals if at == AT else {}))
        start += 3 * len(own)
    return FirstReading(at=0, line=Line(words=tuple(words)), spelt=spelt, logs=np.concatenate(parts))


def weighed(second: Played, first: FirstReading, page: Pixels, lines: Lines) -> Word:
    """The word at :data:`AT` after the vote; all others must be as they were."""
    start = max(0, AT - 2)
    second.left = box_of(start).left - SIDE_X * lines.lines[0].x
    opinion = SecondOpinion(second, CHARACTERS, NULL)  # type: ignore[arg-type]
    (line,) = opinion.weigh(page, lines, [first], inf)
    assert [w for n, w in enumerate(line.words) if n != AT] == [w for n, w in enumerate(first.line.words) if n != AT]
    return line.words[AT]


# --- the vote --------------------------------------------------------------------------------------------------


def test_a_doubtful_word_that_both_read_alike_is_trusted(page, lines):
    word = weighed(Played("moi"), first_reading("moi", {}, 0.3), page, lines)
    assert (word.text, word.confidence, word.read) == ("moi", AGREED, None)


def test_the_spelling_that_the_pictures_are_for_is_taken_and_what_stood_there_kept(page, lines):
    second = Played("mơi", rivals={"moi": 0.001})
    word = weighed(second, first_reading("moi", {"mơi": 0.4}, 0.65), page, lines)
    assert (word.text, word.read, word.confidence) == ("mơi", "moi", DISPUTED)


def test_the_first_keeps_its_word_where_it_saw_it_more_clearly_than_the_second_its_own(page, lines):
    second = Played("mơi", rivals={"moi": 0.3})
    word = weighed(second, first_reading("moi", {"mơi": 0.001}, 0.65), page, lines)
    assert (word.text, word.read, word.confidence) == ("moi", None, DISPUTED)


def test_a_vote_never_makes_a_word_surer(page, lines):
    word = weighed(Played("mơi", rivals={"moi": 0.001}), first_reading("moi", {"mơi": 0.4}, 0.2), page, lines)
    assert (word.text, word.confidence) == ("mơi", 0.2)


def test_what_was_first_read_and_is_put_back_counts_as_never_changed(page, lines):
    first = first_reading("moi", {"mơi": 0.4}, 0.5)
    spelt = [replace(word, read="mơi") if n == AT else word for n, word in enumerate(first.spelt)]
    word = weighed(Played("mơi", rivals={"moi": 0.001}), replace(first, spelt=spelt), page, lines)
    assert (word.text, word.read) == ("mơi", None)


@pytest.mark.parametrize(("own", "other"), [("10", "16"), ("l0", "lo"), ("lo", "10"), ("a1", "ai")])
def test_numbers_and_codes_are_never_overruled(page, lines, own: str, other: str):
    before = first_reading(own, {other: 0.9}, 0.3)
    assert weighed(Played(other, rivals={own: 1e-5}), before, page, lines) == before.line.words[AT]


def test_numbers_that_both_read_alike_are_trusted(page, lines):
    assert weighed(Played("10"), first_reading("10", {}, 0.3), page, lines).confidence == AGREED


def test_a_word_the_first_is_sure_of_is_not_even_shown(page, lines):
    second = Played("mơi", rivals={"moi": 1e-5})
    before = first_reading("moi", {"mơi": 0.9}, DOUBTFUL)
    assert weighed(second, before, page, lines) == before.line.words[AT]
    assert second.crops == []


def test_a_second_reader_in_doubt_overrules_nothing(page, lines):
    before = first_reading("moi", {"mơi": 0.9}, 0.3)
    assert weighed(Played("mơi", 0.6, {"moi": 1e-5}), before, page, lines) == before.line.words[AT]


def test_a_spelling_that_one_of_them_cannot_write_is_not_voted_on(page, lines):
    before = first_reading("moi", {}, 0.3)
    assert weighed(Played("mỹi"), before, page, lines) == before.line.words[AT]
    before = first_reading("møi", {}, 0.3)
    assert weighed(Played("moi"), before, page, lines) == before.line.words[AT]


def test_a_word_that_stands_elsewhere_is_no_evidence(page, lines):
    before = first_reading("moi", {"mơi": 0.9}, 0.3)
    assert weighed(Played("mơi", moved=60, rivals={"moi": 1e-5}), before, page, lines) == before.line.words[AT]


def test_a_dash_that_both_see_may_still_be_the_stroke_of_a_form(page, lines):
    assert weighed(Played("-"), first_reading("-", {}, 0.3), page, lines).confidence == 0.3


# --- what the second is shown ----------------------------------------------------------------------------------


def test_it_is_shown_the_word_with_two_neighbours_on_each_side(page, lines):
    second = Played("moi")
    weighed(second, first_reading("moi", {}, 0.3), page, lines)
    (crop,) = second.crops
    wide = box_of(AT + 2).right - box_of(AT - 2).left + 2 * SIDE_X * lines.lines[0].x
    assert abs(crop.shape[1] - wide) <= 2
    columns = np.nonzero((crop < 150).any(axis=0))[0]
    assert columns[0] <= SIDE_X * X_PX + 3
    assert columns[-1] >= crop.shape[1] - SIDE_X * X_PX - 4


def test_near_words_are_shown_together_and_never_in_a_crop_that_is_too_wide(page, lines, monkeypatch):
    first = first_reading("moi", {}, 0.3, sure=0.3)
    opinion = SecondOpinion(second := Played("moi"), CHARACTERS, NULL)  # type: ignore[arg-type]
    opinion.weigh(page, lines, [first], inf)
    assert len(second.crops) == 1
    monkeypatch.setattr(second_opinion, "_MOST_X", 20)
    second.crops.clear()
    opinion.weigh(page, lines, [first], inf)
    assert len(second.crops) > 1
    assert all(crop.shape[1] <= 22 * lines.lines[0].x for crop in second.crops)


@pytest.mark.parametrize("most_x", [1, 20, 60])
def test_every_doubtful_word_is_asked_about_once_however_the_line_is_cut(lines, monkeypatch, most_x: int):
    """Asked twice, the second would agree with its own vote."""
    monkeypatch.setattr(second_opinion, "_MOST_X", most_x)
    pieces = second_opinion._pieces(0, first_reading("moi", {}, 0.3, sure=0.3), lines)
    assert [at for piece in pieces for at in piece.doubtful] == list(range(len(TEXTS)))
    assert all(set(piece.doubtful) <= set(range(piece.start, piece.end)) for piece in pieces)


def test_a_page_that_takes_too_long_is_given_up(page, lines):
    opinion = SecondOpinion(Played("moi"), CHARACTERS, NULL)  # type: ignore[arg-type]
    with pytest.raises(EngineTimeout):
        opinion.weigh(page, lines, [first_reading("moi", {}, 0.3)], time.monotonic() - 1)


def test_a_part_of_a_falling_window_lies_on_the_same_line():
    whole = Window(left=100, top=50, width=600, height=40, slope=0.02)
    part = whole.between(300, 500)
    box = Box(left=0, top=10, width=20, height=10)
    assert part.placed(box, 40) == whole.placed(Box(left=200, top=10, width=20, height=10), 40)


# --- in the engine ---------------------------------------------------------------------------------------------


def test_the_recipe_names_the_second_reader_and_other_processes_open_it_too(monkeypatch):
    plain = open_line_engine()
    monkeypatch.setattr(line_engine, "open_second", lambda: Played("moi", version="9.9"))
    both = open_line_engine(second=True)
    assert plain.second is None
    assert both.version == f"{plain.version}+asterocr-9.9"
    assert pickle.loads(pickle.dumps(both)).version == both.version
    assert pickle.loads(pickle.dumps(plain)).second is None
    assert default_reader(second=True).recipe.engine_version == both.version


def test_a_second_reader_that_is_wanted_and_not_installed_is_an_error(monkeypatch):
    monkeypatch.setattr(line_engine, "open_second", lambda: None)
    for opening in (open_line_engine, default_reader):
        with pytest.raises(SecondMissing, match="asterocr"):
            opening(second=True)
    assert issubclass(SecondMissing, EngineMissing)


@pytest.fixture(scope="module")
def real() -> SecondReader:
    found = open_second()
    if found is None:
        pytest.skip("the optional packages onnxruntime and asterocr are not installed")
    return found


def test_poor_print_is_read_no_worse_with_it_and_sure_words_stay(real):
    engine = open_line_engine()
    made = Image.new("L", (1240, 500), 255)
    for row in range(6):
        text = " ".join([*TEXTS[row:], *TEXTS[:row]])
        ImageDraw.Draw(made).text((LEFT, 100 + 60 * row), text, font=font(SIZE), fill=90, anchor="ls")
    noise = np.random.default_rng(3).normal(0, 45, (500, 1240))
    poor = np.clip(np.array(made.filter(ImageFilter.GaussianBlur(2.4))) + noise, 0, 255).astype(np.uint8)
    alone, both = (each.recognise(poor, 150, 60.0).words for each in (engine, with_second(engine, real)))
    assert len(alone) == len(both)
    changed = [(own, voted) for own, voted in zip(alone, both, strict=True) if own != voted]
    assert changed
    assert all(own.confidence < DOUBTFUL and own.box == voted.box for own, voted in changed)
    assert sum(word.text in TEXTS for word in both) >= sum(word.text in TEXTS for word in alone)


def with_second(engine: LineEngine, second: SecondReader) -> LineEngine:
    return replace(engine, second=second)
