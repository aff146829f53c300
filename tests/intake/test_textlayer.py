"""The invisible words: every Vietnamese letter comes out as it went in, where the ink is, phrases whole."""

from __future__ import annotations

import io
import re
import subprocess
import unicodedata

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake import pdfa, textlayer
from intake.textlayer import PageFrame
from ocr.text import Box, Line, PageText, Word
from tests.intake import made_papers as made
from tests.intake.test_pdfa import FACTS

VOWELS = "aăâeêioôơuưy"
MARKS = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = "".join(
    unicodedata.normalize("NFC", letter + mark)
    for vowel in VOWELS
    for letter in (vowel, vowel.upper())
    for mark in MARKS
)
SYLLABLE = st.text(alphabet=LETTERS + "bcdđghklmnpqrstvxĐ0123456789", min_size=1, max_size=7)


def _pdf(text: PageText, dpi: float = 75.0, width: int = 1240, height: int = 1754) -> bytes:
    frame = PageFrame(scale=72 / dpi, height=height * 72 / dpi)
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(width * 72 / dpi, height * 72 / dpi))
        page.obj.Contents = pdf.make_stream(textlayer.content(text, frame))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary({textlayer.RESOURCE: textlayer.font(pdf)}))
        return pdfa.finish(pdf, FACTS)


def _poppler(pdf: bytes, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def _boxes(pdf: bytes, dpi: float) -> list[tuple[str, list[float]]]:
    """Words and their left, top, right, bottom in pixels."""
    pattern = r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<'
    found = re.findall(pattern, _poppler(pdf, "-bbox"))
    return [(word, [float(edge) * dpi / 72 for edge in edges]) for *edges, word in found]


def test_every_vietnamese_letter_comes_out_composed():
    rows = [LETTERS[at : at + 24] for at in range(0, len(LETTERS), 24)]
    pdf = _pdf(made.text(*rows, "Đ đ ₫ № – “ ” …"))
    for text in (_poppler(pdf), " ".join(made.page_texts(pdf))):
        assert text.split() == [*rows, *["Đ", "đ", "₫", "№", "–", "“", "”", "…"]]


def test_decomposed_words_come_out_composed():
    decomposed = unicodedata.normalize("NFD", "Nguyễn Đức Thắng")
    assert _poppler(_pdf(made.text(decomposed))).split() == ["Nguyễn", "Đức", "Thắng"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(SYLLABLE, min_size=1, max_size=5), min_size=1, max_size=12))
def test_words_are_found_in_reading_order(lines):
    pdf = _pdf(made.text(*(" ".join(line) for line in lines)))
    assert made.page_texts(pdf) == [" ".join(word for line in lines for word in line)]


@pytest.mark.parametrize("dpi", [72.0, 200.0, 300.0, 601.3])
def test_boxes_lie_on_the_ink_to_within_a_pixel(dpi):
    text = made.text("Cộng hòa xã hội chủ nghĩa Việt Nam", "Độc lập - Tự do - Hạnh phúc", left=37, top=411)
    found = _boxes(_pdf(text, dpi), dpi)
    assert [word for word, _ in found] == [word.text for word in text.words]
    for (_, edges), word in zip(found, text.words, strict=True):
        box = word.box
        assert edges == pytest.approx([box.left, box.top, box.right, box.bottom], abs=1)


def test_words_of_one_line_share_a_height_so_that_the_phrase_is_found_whole():
    """As engines give them: 'xem' has no tall letter, 'gì' a tail, 'Độ' a mark above and a dot below."""
    rows = (("xem", 112, 18), ("gì", 104, 36), ("ở", 102, 28), ("Độ", 98, 38), ("-", 118, 4), ("cao", 112, 18))
    words, x = [], 100
    for spelt, top, height in rows:
        words.append(Word(text=spelt, box=Box(left=x, top=top, width=20 * len(spelt), height=height), confidence=1.0))
        x = words[-1].box.right + 12
    pdf = _pdf(PageText(lines=(Line(words=tuple(words)),)))
    assert _poppler(pdf).strip() == made.page_texts(pdf)[0] == "xem gì ở Độ - cao"
    for (_, edges), word in zip(_boxes(pdf, 75.0), words, strict=True):
        assert edges[0::2] == pytest.approx([word.box.left, word.box.right], abs=1)
        assert edges[1] < word.box.top + word.box.height / 2 < edges[3]


def _row(*words: tuple[str, int, int, int], height: int = 30) -> PageText:
    """One line of words: text, left, bottom, width."""
    boxes = (Box(left=left, top=bottom - height, width=width, height=height) for _, left, bottom, width in words)
    made_words = (Word(text=word[0], box=box, confidence=1.0) for word, box in zip(words, boxes, strict=True))
    return PageText(lines=(Line(words=tuple(made_words)),))


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.03, 0.1])
def test_lines_left_askew_are_still_selected_line_by_line(slope):
    spelt = ["người", "nộp", "giữ", "phiếu", "hẹn", "để", "đối", "chiếu", "khi", "cần"]
    lines = []
    for row in range(6):
        words = ((word, 100 + 110 * at, round(400 + 70 * row + slope * 110 * at), 90) for at, word in enumerate(spelt))
        lines += _row(*words).lines
    pdf = _pdf(PageText(lines=tuple(lines)))
    assert made.page_texts(pdf)[0] == " ".join(spelt * 6)
    assert _poppler(pdf).split() == spelt * 6


def test_words_whose_boxes_touch_or_overlap_are_still_two_words():
    words = (("bảo", 100, 400, 62), ("vệ", 161, 400, 40), ("đòi", 201, 400, 50), ("nợ", 270, 400, 40))
    pdf = _pdf(_row(*words))
    assert made.page_texts(pdf)[0] == "bảo vệ đòi nợ"
    assert _poppler(pdf).split() == ["bảo", "vệ", "đòi", "nợ"]


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=12), st.integers(1, 3000), st.integers(1, 3000))
def test_whatever_was_recognised_makes_operators_a_reader_can_read(spelt, width, height):
    word = Word(text=spelt, box=Box(left=0, top=0, width=width, height=height), confidence=0.1)
    content = textlayer.content(PageText(lines=(Line(words=(word,)),)), PageFrame(scale=0.24, height=842))
    with pikepdf.new() as pdf:
        operators = pikepdf.parse_content_stream(pdf.make_stream(content))
    stretches = [float(operands[0]) for operands, operator in operators if str(operator) == "Tz"]
    assert all(0 < stretch <= 30000 for stretch in stretches)
    assert bool(operators) == bool(spelt.strip())


def test_a_character_beyond_the_basic_plane_is_marked_and_not_lost():
    assert made.page_texts(_pdf(made.text("a\U0001f600b")))[0] == "a\ufffdb"


def test_nothing_of_the_words_is_seen():
    with pypdfium2.PdfDocument(_pdf(made.text("Không thấy gì cả"))) as document:
        pixels = document[0].render(scale=1, grayscale=True).to_numpy()
    assert pixels.min() == 255


def test_the_font_program_is_the_same_every_time():
    first = textlayer._program()
    textlayer._program.cache_clear()
    assert textlayer._program() == first
    assert len(first) < 2000


def test_the_page_without_words_has_no_operators():
    assert textlayer.content(PageText(), PageFrame(scale=1, height=1)) == b""
    with pikepdf.open(io.BytesIO(_pdf(PageText()))) as pdf:
        assert pdf.check_pdf_syntax() == []
