"""One page, start to end, with an engine that answers as told and with the real one."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace

import numpy as np
import pytesseract
import pytest
from PIL import Image, ImageDraw
from rapidfuzz.fuzz import ratio

from ocr import Pixels, Raster, Recipe
from ocr.errors import EngineError, EngineMissing, EngineTimeout
from ocr.reader import Reader, default_reader
from ocr.tesseract import TesseractEngine, _lines
from ocr.text import Box, Line, PageText, Word, fold
from tests.ocr.made_files import code_of
from tests.ocr.made_pages import BODY, font, grey, letter, rgb, seal, sheet, signature

RECIPE = Recipe(engine="told", engine_version="1", languages="vie", prep_version="1")


def said(text: str, box: Box | None = None, confidence: float = 0.9) -> PageText:
    place = box or Box(left=1, top=1, width=5, height=5)
    return PageText(lines=(Line(words=tuple(Word(text=w, box=place, confidence=confidence) for w in text.split())),))


class Told:
    """An engine that answers what ``answer`` says of the picture, and remembers the pictures."""

    def __init__(self, answer=lambda page: PageText()):
        self.answer, self.seen = answer, []

    def recognise(self, page: Pixels, dpi: int, timeout_s: float) -> PageText:
        self.seen.append((page, dpi, timeout_s))
        return self.answer(page)


def told(answer=lambda page: PageText()) -> tuple[Reader, Told]:
    engine = Told(answer)
    return Reader(engine=engine, recipe=RECIPE), engine


def raster(page: Image.Image, dpi: float | None = 150.0) -> Raster:
    return Raster(pixels=rgb(page), dpi=dpi)


def test_a_blank_page_is_not_sent_to_the_engine():
    reader, engine = told()
    reading = reader.read(raster(sheet()))
    assert reading.blank
    assert engine.seen == []
    assert (reading.text, reading.turn_deg, reading.skew_deg) == (PageText(), 0, 0.0)
    assert np.array_equal(reading.upright.pixels, rgb(sheet()))


def test_a_back_with_a_seal_is_kept_as_it_lies():
    page = sheet()
    seal(page, (700, 900))
    page = page.rotate(11, fillcolor="white")
    reading = told()[0].read(raster(page))
    assert not reading.blank
    assert (reading.turn_deg, reading.skew_deg) == (0, 0.0)


def test_the_original_is_not_touched():
    page = raster(letter().rotate(3, fillcolor="white"))
    before = page.pixels.copy()
    told()[0].read(page)
    assert np.array_equal(page.pixels, before)


def test_boxes_are_those_of_the_upright_page_not_of_the_engines_picture():
    def darkest_row(page: Pixels) -> PageText:
        rows = np.nonzero((page < 128).any(axis=1))[0]
        columns = np.nonzero((page < 128).any(axis=0))[0]
        box = Box(left=int(columns[0]), top=int(rows[0]), width=int(np.ptp(columns)) + 1, height=int(np.ptp(rows)) + 1)
        return said("tất cả", box)

    reader, engine = told(darkest_row)
    page = letter(size=(2480, 3508)).resize((2480, 3508))
    reading = reader.read(Raster(pixels=grey(page), dpi=300.0))
    assert engine.seen[0][0].shape[0] < 3508
    ink = np.argwhere(reading.upright.pixels < 128)
    box = reading.text.words[0].box
    assert (box.top, box.left) == pytest.approx(ink.min(axis=0), abs=6)
    assert (box.bottom, box.right) == pytest.approx(ink.max(axis=0), abs=6)


def capitals() -> Image.Image:
    page = sheet()
    pen = ImageDraw.Draw(page)
    for row in range(20):
        pen.text((150, 160 + row * 60), "HOI MAU NHAN VAN AN HUE TIEN MAI " * 2, font=font(25), fill="black")
    return page


@pytest.mark.parametrize("flip", [False, True])
def test_where_shapes_do_not_tell_up_from_down_the_engine_decides(flip):
    calls = iter([said("rất rõ ràng từng chữ", confidence=0.2 + 0.7 * (not flip)),
                  said("rất rõ ràng từng chữ", confidence=0.2 + 0.7 * flip), said("xong")])  # fmt: skip
    reader, engine = told(lambda page: next(calls))
    reading = reader.read(raster(capitals()))
    assert reading.turn_deg == 180 * flip
    assert reading.text.text == "xong"
    assert len(engine.seen) == 3
    assert np.array_equal(reading.upright.pixels, rgb(capitals())[::-1, ::-1] if flip else rgb(capitals()))


def test_an_engine_that_reads_neither_way_leaves_the_page_as_it_lies():
    calls = iter([said("a", confidence=0.1), said("b", confidence=0.5), PageText()])
    assert told(lambda page: next(calls))[0].read(raster(capitals())).turn_deg == 0


def test_more_picture_has_more_time():
    reader, engine = told()
    reader.read(raster(letter()))
    reader.read(raster(letter(size=(2000, 2800))))
    assert 20 < engine.seen[0][2] < engine.seen[1][2] < 150


def test_a_black_and_white_page_is_kept_in_black_and_white():
    page = grey(letter().rotate(2, fillcolor="white").convert("1"))
    reading = told()[0].read(Raster(pixels=page, dpi=150.0, bilevel=True))
    assert reading.upright.bilevel
    assert set(np.unique(reading.upright.pixels)) == {0, 255}


def test_codes_are_read_and_a_page_with_only_a_code_is_not_blank():
    page = sheet()
    page.paste(code_of("HS-7"), (500, 500))
    reading = told()[0].read(raster(page))
    assert [code.untrusted_text for code in reading.codes] == ["HS-7"]
    assert not reading.blank


def test_a_recipe_is_named_by_all_of_its_parts():
    ids = {replace(RECIPE, **{name: "khác"}).id for name in ("engine", "engine_version", "languages", "prep_version")}
    assert len(ids | {RECIPE.id}) == 5
    assert replace(RECIPE).id == RECIPE.id


# --- Tesseract -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader() -> Reader:
    return default_reader()


def official_paper() -> Image.Image:
    """A page of 300 dpi with the head of an official paper."""
    page = sheet((2480, 3508))
    pen = ImageDraw.Draw(page)
    for x, y, text, style in (
        (300, 240, "ỦY BAN NHÂN DÂN", "Bold"),
        (380, 310, "XÃ AN MẪU", "Bold"),
        (340, 430, "Số: 12/TB-UBND", "Regular"),
        (1040, 240, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Bold"),
        (1260, 310, "Độc lập - Tự do - Hạnh phúc", "Bold"),
        (1200, 430, "An Mẫu, ngày 03 tháng 02 năm 2026", "Italic"),
        (1040, 600, "THÔNG BÁO", "Bold"),
    ):
        pen.text((x, y), text, font=font(50, style), fill="black")
    for row, text in enumerate(BODY * 2):
        pen.text((300, 760 + row * 104), text, font=font(50), fill="black")
    return page


def test_an_official_paper_lying_on_its_side_and_askew_is_read_in_order(reader):
    page = official_paper()
    seal(page, (1700, 1800), radius=210)
    signature(page, (1600, 2800))
    lying = page.rotate(92.5, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    reading = reader.read(raster(lying, 300.0))
    assert reading.turn_deg == 90
    assert reading.skew_deg == pytest.approx(2.5, abs=0.1)
    lines = [fold(line.text) for line in reading.text.lines]
    wanted = ["uy ban nhan dan", "xa an mau", "so: 12/tb-ubnd", "cong hoa xa hoi chu nghia viet nam"]
    assert all(ratio(line, text) > 90 for line, text in zip(lines, wanted, strict=False)), lines
    assert ratio(lines[4], "doc lap - tu do - hanh phuc") > 85
    assert "thong bao" in lines[6]
    assert reading.text.confidence > 0.85
    assert "Hồ sơ gồm các giấy tờ sau đây" in reading.text.text


def test_words_lie_on_their_ink(reader):
    reading = reader.read(Raster(pixels=grey(letter(8)), dpi=150.0))
    assert len(reading.text.words) > 80
    for word in reading.text.words:
        box = word.box
        piece = reading.upright.pixels[box.top : box.bottom, box.left : box.right]
        assert (piece < 128).mean() > 0.04, word


def test_reading_the_same_page_twice_gives_the_same(reader):
    page = raster(letter(6))
    assert reader.read(page).text == reader.read(page).text


def test_a_reader_travels_to_a_worker_process(reader):
    again = pickle.loads(pickle.dumps(reader))
    assert again.recipe == reader.recipe
    assert again.read(raster(letter(3))).text.words


def test_one_thread_a_page():
    TesseractEngine()
    assert os.environ["OMP_THREAD_LIMIT"] == "1"


def test_a_glance_names_what_stands_on_top_upright_and_level(reader):
    page = official_paper().rotate(88, expand=True, fillcolor="white")
    glance = reader.glance(raster(page))
    assert glance.turn_deg == 90
    assert glance.skew_deg == pytest.approx(-2, abs=0.1)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in glance.text.text.upper()


def test_without_the_model_the_program_reads_and_the_log_says_so(monkeypatch, caplog):
    monkeypatch.setattr("ocr.line_engine.find_model", lambda name: None)
    instead = default_reader()
    assert instead.recipe.engine == "tesseract"
    assert "pytesseract" in caplog.text


def test_an_engine_out_of_time_says_so():
    with pytest.raises(EngineTimeout):
        TesseractEngine().recognise(grey(letter()), 150, 0.01)


def test_no_page_is_left_behind_in_shared_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("ocr.tesseract._SHARED_MEMORY", tmp_path)
    TesseractEngine().recognise(grey(letter(2)), 150, 30)
    with pytest.raises(EngineTimeout):
        TesseractEngine().recognise(grey(letter()), 150, 0.01)
    assert list(tmp_path.iterdir()) == []


def test_without_shared_memory_the_temporary_folder_serves(tmp_path, monkeypatch):
    monkeypatch.setattr("ocr.tesseract._SHARED_MEMORY", tmp_path / "none")
    assert TesseractEngine().recognise(grey(letter(2)), 150, 30).words


def test_a_full_disk_is_the_engines_failure_not_an_empty_page(monkeypatch):
    monkeypatch.setattr("ocr.tesseract.cv2.imwrite", lambda path, page: False)
    with pytest.raises(EngineError):
        TesseractEngine().recognise(grey(letter(2)), 150, 30)


def test_a_language_that_is_not_installed_is_missing():
    with pytest.raises(EngineMissing, match="tesseract-ocr-xyz"):
        TesseractEngine("xyz").recognise(grey(letter(2)), 150, 30)


def test_a_program_that_is_not_installed_is_missing(monkeypatch):
    def gone() -> None:
        raise pytesseract.TesseractNotFoundError

    monkeypatch.setattr("ocr.tesseract.pytesseract.get_tesseract_version", gone)
    with pytest.raises(EngineMissing):
        _ = TesseractEngine("lao").version


def test_a_page_tesseract_chokes_on_is_an_engine_error(monkeypatch):
    def choke(*args: object, **options: object) -> None:
        raise pytesseract.TesseractError(1, "out of memory")

    monkeypatch.setattr("ocr.tesseract.pytesseract.image_to_data", choke)
    with pytest.raises(EngineError, match="status 1"):
        TesseractEngine().recognise(grey(letter(2)), 150, 30)


def test_rows_of_the_table_without_a_word_are_passed_over():
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    rows = [
        "5\t1\t1\t1\t1\t1\t10\t20\t0\t9\t96.5\tĐiê\u0300u",
        "5\t1\t1\t1\t1\t2\t30\t20\t8\t9\t-1\t ",
        "4\t1\t1\t1\t2\t0\t1\t1\t1\t1\t-1\t",
        '5\t1\t1\t1\t2\t1\t30\t40\t8\t9\t120\t"mẫu',
        "",
    ]
    first, second = _lines("\n".join([head, *rows]))
    assert (first.text, second.text) == ("Điều", '"mẫu')
    assert first.words[0].box == Box(left=10, top=20, width=1, height=9)
    assert (first.words[0].confidence, second.words[0].confidence) == (0.965, 1.0)
