"""Composed text, folded comparison, boxes that hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.text import Box, Line, PageText, Word, fold, nfc

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
BOX = st.builds(
    Box, left=st.integers(0, 99), top=st.integers(0, 99), width=st.integers(1, 99), height=st.integers(1, 99)
)


def word(text: str, confidence: float = 1.0, left: int = 0) -> Word:
    return Word(text=text, box=Box(left=left, top=0, width=10, height=10), confidence=confidence)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Đăng Ký", "dang ky"), ("NGHỊ ĐỊNH", "nghi dinh"), ("Ắ Ấ Ế Ợ Ữ", "a a e o u"), ("hoà", "hoa"), ("hòa", "hoa")],
)
def test_folding_drops_marks_case_and_the_bar_of_d(text, folded):
    assert fold(text) == folded


@given(st.text(alphabet=LETTERS + LETTERS.upper() + " 0123456789/-.", max_size=60))
def test_vietnamese_folds_to_plain_letters_however_it_was_composed(text):
    folded = fold(text)
    assert folded.isascii()
    assert folded == fold(unicodedata.normalize("NFD", text)) == fold(folded) == fold(text.upper())
    assert nfc(unicodedata.normalize("NFD", text)) == nfc(text)


@given(st.lists(BOX, min_size=1, max_size=6))
def test_the_box_around_boxes_holds_each_and_no_more(boxes):
    outer = Box.around(boxes)
    assert all(outer.left <= b.left and outer.top <= b.top for b in boxes)
    assert all(outer.right >= b.right and outer.bottom >= b.bottom for b in boxes)
    assert outer.width <= max(b.right for b in boxes) - min(b.left for b in boxes)


def test_the_text_of_a_page_has_a_line_a_row_and_an_empty_line_between_blocks():
    lines = (
        Line(words=(word("Tờ"), word("khai", left=20)), block=0),
        Line(words=(word("số"),), block=0),
        Line(words=(word("Điều"),), block=1),
    )
    page = PageText(lines=lines)
    assert page.text == "Tờ khai\nsố\n\nĐiều"
    assert [each.text for each in page.words] == ["Tờ", "khai", "số", "Điều"]
    assert lines[0].box == Box(left=0, top=0, width=30, height=10)


def test_confidence_is_weighted_by_length_and_nothing_is_zero():
    assert PageText(lines=(Line(words=(word("dài", 1.0), word("a", 0.2))),)).confidence == pytest.approx(0.8)
    assert PageText().confidence == 0.0
