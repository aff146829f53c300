"""The second reader on lines the tests draw; where its weights are not installed, only that nothing is there then."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

from ocr import second
from ocr.ctc import log_p
from ocr.errors import EngineError
from ocr.second import SecondReader, open_second
from ocr.text import nfc
from tests.ocr.made_pages import BODY, font, grey, rgb

LETTERS_WRONG = 0.01


@pytest.fixture(scope="module")
def reader() -> SecondReader:
    found = open_second()
    if found is None:
        pytest.skip("the optional packages onnxruntime and asterocr are not installed")
    return found


def drawn(text: str, size: int = 30, style: str = "Regular", ink: str = "black") -> Image.Image:
    """One line as wide as its text, with room for marks and descenders."""
    letters = font(size, style)
    line = Image.new("RGB", (int(letters.getlength(text)) + 12, int(size * 1.55)), "white")
    ImageDraw.Draw(line).text((6, int(size * 0.25)), text, font=letters, fill=ink)
    return line


def errors(found: str, truth: str) -> int:
    return int(Levenshtein.distance(found, truth))


def test_lines_of_print_are_read_nearly_without_fault(reader):
    for size, style in ((24, "Regular"), (48, "Italic")):
        readings = reader.read_lines([grey(drawn(text, size, style)) for text in BODY])
        wrong = sum(errors(reading.text, text) for reading, text in zip(readings, BODY, strict=True))
        assert wrong <= LETTERS_WRONG * sum(map(len, BODY)), (size, style)


def test_text_is_nfc_and_confidence_a_share(reader):
    (reading,) = reader.read_lines([grey(drawn("Nguyễn Thị Thuở, sinh năm 1987"))])
    assert reading.text == nfc(reading.text)
    assert all(0 <= word.confidence <= 1 for word in reading.words)
    assert reading.confidence == min(word.confidence for word in reading.words)


def test_words_stand_where_they_were_drawn(reader):
    text, size = "Giấy chứng nhận đăng ký", 30
    (reading,) = reader.read_lines([grey(drawn(text, size))])
    assert reading.text == text
    before = ""
    for word in reading.words:
        start = 6 + font(size).getlength(before)
        end = start + font(size).getlength(word.text)
        assert abs(word.left - start) < size / 2
        assert abs(word.right - end) < size / 2
        before += word.text + " "


def test_grey_and_colour_read_alike(reader):
    line = drawn(BODY[1], ink="#1a2a90")
    readings = reader.read_lines([grey(line), rgb(line)])
    assert all(errors(reading.text, BODY[1]) <= 1 for reading in readings)


def test_a_line_wider_than_the_network_is_read_to_its_end(reader):
    text = " ".join(BODY[:4])
    (reading,) = reader.read_lines([grey(drawn(text, 24))])
    assert errors(reading.text, text) <= 0.03 * len(text)
    assert reading.text.endswith(BODY[3][-8:])


def test_another_spelling_can_be_weighed(reader):
    (reading,) = reader.read_lines([grey(drawn("thẩm quyền"))])
    word = reading.words[0]
    codes = [reader.code(text) for text in ("thẩm", "thâm", "thấm")]
    weights = log_p(reading.logs[word.span.start : word.span.end], codes, reader.null)
    assert int(np.argmax(weights)) == 0


def test_a_character_it_lacks_has_no_code(reader):
    assert reader.code("1 – 2") is None
    assert reader.code("") == []


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 1, 3), (1, 4000), (4000, 1), (0, 9), (9, 0), (3, 30000), (31, 33, 3), (700, 900)]
)
def test_hostile_sizes_give_a_reading_and_no_error(reader, shape):
    noise = np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)
    (reading,) = reader.read_lines([noise])
    assert len(reading.logs) <= 1024


def test_white_paper_has_no_words(reader):
    (reading,) = reader.read_lines([np.full((40, 600), 255, np.uint8)])
    assert reading.text == ""
    assert reading.confidence == 0.0


def test_lines_after_the_time_limit_come_back_empty(reader):
    readings = reader.read_lines([grey(drawn(text)) for text in BODY], until=time.monotonic() - 1)
    assert len(readings) == len(BODY)
    assert not any(reading.words for reading in readings)


def test_the_package_itself_is_never_imported(reader):
    reader.read_lines([grey(drawn("thử"))])
    assert "asterocr" not in sys.modules


def test_without_the_package_there_is_no_second_reader(tmp_path):
    assert open_second([]) is None
    assert open_second([str(tmp_path)]) is None


def installed(folder: Path, weights: bytes) -> str:
    """A package of that name with ``weights`` in it."""
    facts = folder / "asterocr-9.9.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: asterocr\nVersion: 9.9\n")
    if weights:
        (folder / "asterocr" / "assets").mkdir(parents=True)
        (folder / "asterocr" / "assets" / "asternet.onnx").write_bytes(weights)
        (folder / "asterocr" / "assets" / "vocab.json").write_text('{"chars": ["<blank>", "a", " "]}')
    return str(folder)


def test_without_onnx_runtime_there_is_no_second_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert open_second([installed(tmp_path, b"weights")]) is None


def test_a_package_without_weights_is_as_none(tmp_path):
    assert open_second([installed(tmp_path, b"")]) is None


def test_weights_that_are_none_are_an_engine_error(tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    found = open_second([installed(tmp_path, b"not a network")])
    assert found is not None
    assert found.version == "9.9"
    with pytest.raises(EngineError, match="does not load"):
        found.read_lines([np.zeros((32, 64), np.uint8)])


def test_a_long_strip_is_cut_between_words():
    strip = np.full((32, 2400), 255, np.uint8)
    for start in range(0, 2400, 100):
        strip[8:24, start : start + 80] = 0
    pieces = second._pieces(strip)
    assert [start for start, _, _ in pieces[1:]] == [end for _, end, _ in pieces[:-1]]
    assert pieces[0][0] == 0
    assert pieces[-1][1] == 2400
    assert all(end - start <= 1024 for start, end, _ in pieces)
    assert all(gap and (strip[:, end] == 255).all() for _, end, gap in pieces[:-1])
