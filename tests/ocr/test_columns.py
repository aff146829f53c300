"""The foot of a paper is read by column, forms and tables row by row, and no line is lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.columns import in_columns
from ocr.text import Box, Line, Word

ROW, HEIGHT, LETTER, SPACE = 30, 16, 10, 6
MIDDLE = 750
"""Of the right column of a foot."""


def line(text: str, left: int, top: int) -> Line:
    words = []
    for word in text.split():
        words.append(
            Word(text=word, box=Box(left=left, top=top, width=LETTER * len(word), height=HEIGHT), confidence=0.9)
        )
        left += LETTER * len(word) + SPACE
    return Line(words=tuple(words))


def centred(text: str, top: int, middle: int = MIDDLE) -> Line:
    wide = line(text, 0, top).box.width
    return line(text, middle - wide // 2, top)


def texts(lines: Iterable[Line]) -> list[str]:
    return [each.text for each in in_columns(list(lines))]


def side_by_side(left: list[Line], right: list[Line]) -> list[Line]:
    """As a finder of lines hands them over: from top to bottom, whatever column they stand in."""
    return sorted((*left, *right), key=lambda each: (each.box.bottom, each.box.left))


BODY = [
    line("Căn cứ hồ sơ nộp ngày hôm trước của người có tên ở dưới đây và giấy tờ", 150, 100 + ROW * n) for n in range(6)
]
COPIES = [
    line("Nơi nhận:", 150, 400),
    line("- Như Điều 3;", 150, 430),
    line("- Sở Tư pháp (để báo cáo);", 150, 460),
    line("- Lưu: VT.", 150, 490),
]
SIGNED = [
    centred("TM. ỦY BAN NHÂN DÂN", 400),
    centred("CHỦ TỊCH", 430),
    centred("(Ký, ghi rõ họ tên)", 460),
    centred("Nguyễn Văn An", 560),
]
FORM = [
    (line(label, 150, 100 + ROW * n), line(value, 600, 100 + ROW * n))
    for n, (label, value) in enumerate(
        [
            ("1. Họ và tên:", "Giới tính:"),
            ("2. Ngày sinh:", "Dân tộc:"),
            ("3. Số định danh:", "Quốc tịch:"),
            ("4. Nơi cư trú:", "Điện thoại:"),
        ]
    )
]


def test_who_gets_copies_is_read_before_who_signs():
    assert texts([*BODY, *side_by_side(COPIES, SIGNED)]) == [each.text for each in (*BODY, *COPIES, *SIGNED)]


def test_a_foot_whose_columns_stand_half_a_row_apart_is_read_by_column_too():
    lower = [line(each.text, each.box.left, each.box.top + 4) for each in SIGNED]
    assert texts([*BODY, *side_by_side(COPIES, lower)]) == [each.text for each in (*BODY, *COPIES, *lower)]


def test_two_signatures_side_by_side_are_read_one_after_the_other():
    left = [centred("NGƯỜI NỘP HỒ SƠ", 400, 300), centred("(Ký tên)", 430, 300), centred("Trần Thị Bình", 520, 300)]
    right = [centred("NGƯỜI TIẾP NHẬN", 400), centred("(Ký, ghi rõ họ và tên)", 430), centred("Lê Văn Cường", 520)]
    assert texts([*BODY, *side_by_side(left, right)]) == [each.text for each in (*BODY, *left, *right)]


def test_a_form_is_read_row_by_row():
    flat = [each for row in FORM for each in row]
    assert texts(flat) == [each.text for each in flat]


def test_a_table_is_read_row_by_row():
    table = [
        line(f"{name}{row}", left, 100 + ROW * row)
        for row in range(12)
        for name, left in zip("abcd", (150, 300, 500, 800), strict=True)
    ]
    assert texts(table) == [each.text for each in table]


def test_a_gazette_in_two_columns_throughout_is_read_by_column():
    left = [line("Cơ quan có thẩm quyền xem xét và trả lời", 100, 100 + ROW * n) for n in range(12)]
    right = [line("Người nộp đơn được báo kết quả bằng văn", 700, 100 + ROW * n) for n in range(12)]
    numbered_left = [line(f"{n} {each.text}", 100, each.box.top) for n, each in enumerate(left)]
    numbered_right = [line(f"{n} {each.text} bản", 700, each.box.top) for n, each in enumerate(right)]
    expected = [each.text for each in (*numbered_left, *numbered_right)]
    assert texts(side_by_side(numbered_left, numbered_right)) == expected


def test_a_single_column_is_read_from_top_to_bottom_in_whatever_order_it_came():
    assert texts(reversed(BODY)) == [each.text for each in BODY]


def test_a_dot_or_a_descender_does_not_move_a_line_to_another_row():
    words = (*FORM[0][0].words, Word(text="yg", box=Box(left=320, top=104, width=20, height=18), confidence=0.9))
    tall = Line(words=words)
    assert texts([FORM[0][1], tall, *FORM[1]])[:2] == [tall.text, FORM[0][1].text]


def test_columns_and_paragraphs_are_blocks_of_their_own_numbered_from_nought():
    blocks = [each.block for each in in_columns([*BODY, *side_by_side(COPIES, SIGNED)])]
    body, copies, signed = blocks[:6], blocks[6:10], blocks[10:]
    assert set(body) == {0}
    assert len(set(copies)) == 1
    assert body[-1] < copies[0] < signed[0]
    assert blocks == sorted(blocks)
    assert set(blocks) == set(range(max(blocks) + 1))


def test_a_page_without_lines_stays_so():
    assert in_columns([]) == []


@st.composite
def pages(draw: st.DrawFn) -> list[Line]:
    """Lines anywhere, also over each other."""
    made = []
    for number in range(draw(st.integers(1, 14))):
        left, top = draw(st.integers(0, 900)), draw(st.integers(0, 40)) * 15 + draw(st.integers(0, 3))
        made.append(line(f"{number} " + "mẫu " * draw(st.integers(0, 12)), left, top))
    return made


@given(lines=pages())
def test_no_line_is_lost_or_doubled_or_changed(lines: list[Line]):
    found = in_columns(lines)
    assert Counter(each.words for each in found) == Counter(each.words for each in lines)
    assert [each.block for each in found] == sorted(each.block for each in found)


@given(lines=pages(), data=st.data())
def test_the_order_in_which_lines_are_found_does_not_matter(lines: list[Line], data: st.DataObject):
    apart = list({each.words[0].box: each for each in lines}.values())
    shuffled = data.draw(st.permutations(apart))
    assert texts(shuffled) == texts(apart)


@given(lines=pages())
def test_reading_twice_changes_nothing(lines: list[Line]):
    once = in_columns(lines)
    assert in_columns(once) == once


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_size_of_the_page_does_not_matter(scale: int):
    page = [*BODY, *side_by_side(COPIES, SIGNED), *(each for row in FORM for each in row)]
    larger = [
        Line(
            words=tuple(
                Word(
                    text=word.text,
                    box=Box(left=b.left * scale, top=b.top * scale, width=b.width * scale, height=b.height * scale),
                    confidence=0.9,
                )
                for word in each.words
                for b in [word.box]
            )
        )
        for each in page
    ]
    assert texts(larger) == texts(page)
