"""A whole page of print is read, every word in a box on its own ink, in reading order."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

from ocr import Pixels, models
from ocr.clean import cleaned
from ocr.errors import EngineMissing, EngineTimeout
from ocr.language import vietnamese
from ocr.line_engine import LineEngine, open_line_engine
from ocr.models import FAST, LARGER, find_model
from ocr.network import LineNetwork
from ocr.spelling import Speller
from ocr.text import PageText
from ocr.traineddata import read_model
from tests.ocr import made_models, made_pages

DPI, PATIENCE_S = 150, 60.0
INK = 150


@pytest.fixture(scope="module")
def engine() -> LineEngine:
    """With Debian's model alone, whatever else is installed."""
    network = made_models.fast_network()
    return LineEngine(network, None, Speller(language=vietnamese(), characters=network.characters, null=network.null))


@pytest.fixture(scope="module")
def page() -> Pixels:
    return cleaned(made_pages.grey(made_pages.letter()), DPI).pixels


@pytest.fixture(scope="module")
def read(engine: LineEngine, page: Pixels) -> PageText:
    return engine.recognise(page, DPI, PATIENCE_S)


def right_share(text: str, expected: str) -> float:
    return 1 - Levenshtein.distance(text, expected) / len(expected)


def drawn(*texts: tuple[int, int, str], size: tuple[int, int] = (1240, 900)) -> Pixels:
    """(left, foot, text) in letters of the height that a cleaned page has."""
    made = Image.new("L", size, 255)
    for left, foot, text in texts:
        ImageDraw.Draw(made).text((left, foot), text, font=made_pages.font(25), fill=0, anchor="ls")
    return np.array(made)


BODY = tuple((150, 200 + 52 * n, text) for n, text in enumerate(made_pages.BODY))


# --- text ------------------------------------------------------------------------------------------------------


def test_a_drawn_page_is_read_almost_without_fault(read: PageText):
    expected = "\n".join(made_pages.BODY[row % 8] for row in range(24))
    assert right_share("\n".join(line.text for line in read.lines), expected) >= 0.995
    assert len(read.lines) == 24


def test_words_read_right_are_trusted_and_stand_as_read(read: PageText):
    trusted = [word for word in read.words if word.confidence >= 0.8]
    assert len(trusted) >= 0.9 * len(read.words)
    assert all(0 <= word.confidence <= 1 for word in read.words)
    assert all(word.read != word.text for word in read.words)


def test_the_same_page_reads_the_same_twice(engine: LineEngine, page: Pixels, read: PageText):
    assert engine.recognise(page, DPI, PATIENCE_S) == read


def test_the_resolution_is_of_no_account(engine: LineEngine):
    some = drawn(*BODY[:3])
    assert engine.recognise(some, 72, PATIENCE_S) == engine.recognise(some, 600, PATIENCE_S)


@pytest.mark.parametrize(
    "text", ["Số: 79/2014/NĐ-CP", "Mã hồ sơ: H56.123-261123-0001", "ngày 03/02/2026", "- Lưu: VT."]
)
def test_numbers_codes_and_the_stop_at_the_end_are_read_as_printed(engine: LineEngine, text: str):
    assert engine.recognise(drawn((150, 140, text), *BODY), DPI, PATIENCE_S).lines[0].text == text


def test_the_head_and_the_foot_of_a_paper_are_read_column_by_column(engine: LineEngine):
    head = [(150, 100, "ỦY BAN NHÂN DÂN"), (560, 100, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")]
    head += [(190, 140, "XÃ AN MẪU"), (660, 140, "Độc lập - Tự do - Hạnh phúc")]
    foot = [(150, 680, "Nơi nhận:"), (690, 680, "TM. ỦY BAN NHÂN DÂN")]
    foot += [(150, 720, "- Như Điều 3;"), (768, 720, "CHỦ TỊCH"), (150, 760, "- Lưu: VT."), (752, 840, "Lê Văn Bình")]
    lines = [line.text for line in engine.recognise(drawn(*head, *BODY, *foot), DPI, PATIENCE_S).lines]
    assert lines[:2] == ["ỦY BAN NHÂN DÂN", "XÃ AN MẪU"]
    assert lines[2].startswith("CỘNG HÒA")
    assert lines[-6:] == ["Nơi nhận:", "- Như Điều 3;", "- Lưu: VT.", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Lê Văn Bình"]


@pytest.mark.parametrize("size", [28, 33, 40, 50, 64])
@pytest.mark.parametrize("title", ["TỜ KHAI ĐĂNG KÝ KHAI SINH", "GIẤY CHỨNG NHẬN"])
@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_the_title_is_read_with_its_marks_however_much_bigger_than_the_text(engine, style: str, title: str, size: int):
    made = Image.fromarray(drawn(*BODY))
    ImageDraw.Draw(made).text((620, 120), title, font=made_pages.font(size, style), fill=0, anchor="ms")
    assert engine.recognise(np.array(made), DPI, PATIENCE_S).lines[0].text == title


def test_a_form_with_leaders_is_read_without_its_dots(engine: LineEngine):
    form = drawn((150, 120, "Họ và tên: ...................................... Giới tính: ................"), *BODY)
    first = engine.recognise(form, DPI, PATIENCE_S).text.split("Điều 1")[0]
    assert first.split() == ["Họ", "và", "tên:", "Giới", "tính:"]


# --- boxes -----------------------------------------------------------------------------------------------------


def test_words_stand_from_left_to_right_and_do_not_overlap(read: PageText):
    for line in read.lines:
        for before, after in pairwise(line.words):
            assert before.box.left < after.box.left
            assert before.box.right <= after.box.left + 2


def test_every_box_covers_the_ink_of_its_word_and_no_other(engine: LineEngine):
    """Each word drawn alone on its place: its box begins and ends where its ink does."""
    pen_font = made_pages.font(25)
    words: list[tuple[int, int, str]] = []
    for row, text in enumerate(made_pages.BODY):
        left = 150
        for word in text.split():
            words.append((left, 200 + 52 * row, word))
            left += round(pen_font.getlength(word + " "))
    found = engine.recognise(drawn(*words), DPI, PATIENCE_S).words
    assert [word.text for word in found] == [text for _, _, text in words]
    for word, place in zip(found, words, strict=True):
        ink = drawn(place) < INK
        columns, rows = np.nonzero(ink.any(axis=0))[0], np.nonzero(ink.any(axis=1))[0]
        assert abs(word.box.left - columns[0]) <= 3, word
        assert abs(word.box.right - columns[-1] - 1) <= 3, word
        assert abs(word.box.top - rows[0]) <= 4, word
        assert abs(word.box.bottom - rows[-1] - 1) <= 4, word


def test_every_box_lies_on_the_page(read: PageText, page: Pixels):
    for word in read.words:
        assert word.box.left >= 0
        assert word.box.top >= 0
        assert word.box.right <= page.shape[1] + 1
        assert word.box.bottom <= page.shape[0] + 1


def test_print_at_the_very_edge_of_the_page_is_read_in_place(engine: LineEngine):
    made = drawn((2, 22, "Điều 1. Hồ sơ gồm các giấy tờ"), (3, 120, "ngày trả kết quả"), *BODY[1:])
    lines = engine.recognise(made, DPI, PATIENCE_S).lines
    assert "1. Hồ sơ gồm các giấy" in lines[0].text
    assert lines[1].text == "ngày trả kết quả"
    assert lines[1].box.left <= 6


# --- odd pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (800, 600)])
def test_a_page_of_one_grey_is_an_empty_text(engine: LineEngine, size: tuple[int, int], grey: int):
    assert engine.recognise(np.full(size, grey, np.uint8), DPI, PATIENCE_S) == PageText()


def test_noise_and_a_pen_stroke_are_read_without_failing(engine: LineEngine):
    noise = np.random.default_rng(2).integers(0, 256, (300, 400)).astype(np.uint8)
    assert isinstance(engine.recognise(noise, DPI, PATIENCE_S), PageText)
    stroke = made_pages.sheet((600, 400))
    made_pages.signature(stroke, (150, 200))
    found = engine.recognise(made_pages.grey(stroke), DPI, PATIENCE_S)
    assert all(word.confidence < 0.95 for word in found.words)


def test_a_page_that_takes_too_long_is_given_up(engine: LineEngine, page: Pixels):
    with pytest.raises(EngineTimeout):
        engine.recognise(page, DPI, 0.0)


# --- what is installed -----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place in which models are looked for."""
    monkeypatch.setattr(models, "OWN_FOLDER", tmp_path / "own")
    monkeypatch.setattr(models, "_SYSTEM_FOLDERS", ())
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    return tmp_path


def test_without_a_model_the_engine_is_missing_and_says_what_to_install(folder: Path):
    with pytest.raises(EngineMissing, match="tesseract-ocr-vie"):
        open_line_engine()


def test_a_broken_model_is_a_missing_engine(folder: Path):
    (folder / FAST).write_bytes(made_models.VIETNAMESE.read_bytes()[:100_000])
    with pytest.raises(EngineMissing):
        open_line_engine()


def test_the_fast_model_alone_is_enough(folder: Path):
    shutil.copy(made_models.VIETNAMESE, folder / FAST)
    engine = open_line_engine()
    assert engine.larger is None
    lines = engine.recognise(drawn(*BODY), DPI, PATIENCE_S).lines
    assert [line.text for line in lines] == list(made_pages.BODY)


def test_the_larger_model_alone_reads_too(folder: Path):
    shutil.copy(made_models.VIETNAMESE, folder / LARGER)
    engine = open_line_engine()
    assert engine.larger is None
    assert [line.text for line in engine.recognise(drawn(*BODY[:2]), DPI, PATIENCE_S).lines] == list(
        made_pages.BODY[:2]
    )


def test_a_larger_model_of_other_characters_is_not_used(folder: Path):
    shutil.copy(made_models.VIETNAMESE, folder / FAST)
    (folder / LARGER).write_bytes(made_models.tiny())
    assert open_line_engine().larger is None


def test_readings_by_other_models_are_told_apart(engine: LineEngine):
    same = made_models.fast_network()
    assert engine.name
    assert engine.version == replace(engine, network=same).version
    assert engine.version != replace(engine, larger=same).version


# --- a second look ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(find_model(LARGER) is None, reason="the larger model comes from npm and is optional")
def test_the_larger_model_makes_a_page_no_worse(engine: LineEngine, page: Pixels, read: PageText):
    path = find_model(LARGER)
    assert path is not None
    both = replace(engine, larger=LineNetwork(read_model(path)))
    expected = "\n".join(made_pages.BODY[row % 8] for row in range(24))
    found = "\n".join(line.text for line in both.recognise(page, DPI, PATIENCE_S).lines)
    assert right_share(found, expected) >= right_share("\n".join(line.text for line in read.lines), expected)


def test_a_second_look_by_the_same_network_changes_nothing(engine: LineEngine):
    faint = np.random.default_rng(4).normal(0, 22, (900, 1240)) + drawn(*BODY)
    made = np.clip(faint, 0, 255).astype(np.uint8)
    once = engine.recognise(made, DPI, PATIENCE_S)
    twice = replace(engine, larger=engine.network).recognise(made, DPI, PATIENCE_S)
    assert right_share(twice.text, once.text) > 0.99
