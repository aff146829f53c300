"""Codes are printed by anyone: read them, bound them, and let only our own separator text separate."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr import Code
from ocr.codes import MAX_CODES, MAX_TEXT, _bounded, read_codes, read_separator, separator_of
from tests.ocr.made_files import code_of
from tests.ocr.made_pages import rgb, sheet


def page_with(*codes: Image.Image) -> Image.Image:
    page = sheet((1240, 1754))
    for place, code in enumerate(codes):
        page.paste(code, (100, 100 + 400 * place))
    return page


def qr(text: str) -> Code:
    return Code(kind="QRCode", untrusted_text=text)


@pytest.mark.parametrize("kind", ["QRCode", "Code128", "Code39", "DataMatrix"])
def test_each_kind_of_code_on_a_page_is_read_with_its_kind(kind):
    (code,) = read_codes(rgb(page_with(code_of("HS2026-0007", kind, scale=4))))
    assert code == Code(kind=code.kind, untrusted_text="HS2026-0007")
    assert kind in code.kind


def test_codes_come_from_top_to_bottom_each_once():
    page = page_with(code_of("MOT"), code_of("HAI"), code_of("MOT"))
    assert [code.untrusted_text for code in read_codes(rgb(page))] == ["MOT", "HAI"]


def test_vietnamese_in_a_code_is_composed():
    spelled = unicodedata.normalize("NFD", "Trần Thị Mẫu|Xã Đường Thử")
    (code,) = read_codes(rgb(page_with(code_of(spelled))))
    assert code.untrusted_text == "Trần Thị Mẫu|Xã Đường Thử"


def test_a_page_full_of_codes_is_not_read_without_end():
    page = sheet((2000, 2000))
    for number in range(48):
        page.paste(code_of(f"MA{number:03}", scale=4), (20 + number % 7 * 280, 20 + number // 7 * 280))
    assert len(read_codes(rgb(page))) == MAX_CODES


@given(st.text(max_size=3 * MAX_TEXT))
def test_the_text_of_a_code_is_short_composed_and_without_control_characters(text):
    kept = _bounded(text)
    assert len(kept) <= MAX_TEXT
    assert all(unicodedata.category(c)[0] != "C" for c in kept)
    assert kept == kept.strip()


def test_letters_that_turn_a_line_around_are_dropped():
    assert _bounded("MOTCUA\u202e-SEP\x00\x1b[2J\nHAI") == "MOTCUA-SEP[2J HAI"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("MOTCUA-SEP", ""),
        ("MOTCUA-SEP:A", "A"),
        ("MOTCUA-SEP:" + "Z" * 40, "Z" * 40),
        ("MOTCUA-SEP:" + "Z" * 41, None),
        ("MOTCUA-SEP:", None),
        ("MOTCUA-SEP:hs-7", None),
        ("MOTCUA-SEP:../../x", None),
        ("MOTCUA-SEP:A B", None),
        ("motcua-sep", None),
        ("xMOTCUA-SEP", None),
        ("MOTCUA-SEP2", None),
        ("MOTCUA-SEP:Đ", None),
        ("https://vidu.vn/MOTCUA-SEP", None),
        ("", None),
    ],
)
def test_only_our_own_text_separates(text, named):
    assert separator_of((qr("khac"), qr(text))) == named


def test_a_bar_code_with_our_text_is_no_separator_sheet():
    assert separator_of((Code(kind="Code128", untrusted_text="MOTCUA-SEP"),)) is None


def test_two_different_separators_on_one_page_separate_nothing():
    assert separator_of((qr("MOTCUA-SEP:A"), qr("MOTCUA-SEP:B"))) is None
    assert separator_of((qr("MOTCUA-SEP:A"), qr("MOTCUA-SEP:A"))) == "A"


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 7])
def test_a_separator_is_read_however_the_sheet_lies(turn):
    page = page_with(code_of("MOTCUA-SEP:HS-1")).rotate(turn, expand=True, fillcolor="white")
    assert read_separator(rgb(page)) == "HS-1"
