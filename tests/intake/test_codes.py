"""Codes are checked, never made up; doubts end in None or a warning."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.codes import find_dossier_code, mask_id, parse_dossier_code, parse_procedure_code, pin_warnings

OLD = "000.17.22.H56-210531-0001"
NEW = "H29.147-260406-9248"
SLIP = (
    "HỆ THỐNG THÔNG TIN GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH TỈNH THANH HÓA; Giấy tiếp nhận hồ sơ; 038185012345; "
    f"{OLD}; 000.17.22.H56; 1.001193.000.00.00.H56; Đăng ký khai sinh; 31/05/2021 08:15"
)
CARD = "038185012345||NGUYỄN THỊ MẪU|15031985|Nữ|Thôn 1, Quảng Yên, Quảng Xương, Thanh Hóa|01012022"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (OLD, OLD),
        (NEW, NEW),
        ("000.00.14.H56-200203-0118", "000.00.14.H56-200203-0118"),
        ("H56-260406-0001", "H56-260406-0001"),
        ("H55.242.10-260406-011234", "H55.242.10-260406-011234"),
        (f"  {NEW.lower()}\n", NEW),
        ("H29.147–260406—9248", NEW),
        ("H29.147-240229-9248", "H29.147-240229-9248"),  # a leap day
    ],
)
def test_both_generations_of_codes_are_taken(typed: str, code: str) -> None:
    assert parse_dossier_code(typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "H29.147-260230-9248",  # no 30 February
        "H29.147-250229-9248",  # no leap year
        "H29.147-261301-9248",
        "H29.147-260406-924",  # three digits at the end
        "Z29.147-260406-9248",  # agencies go from A to Y
        "000.17.22-210531-0001",
        "000.17.22.H56-210531",
        "H29 147-260406-9248",
        "H29.147-260406-९२४८",  # digits, but not ours
        "H29.147-260406-" + "1" * 60,
        "H29.147-260406-9248; H29.147-260406-9249",
        CARD,
    ],
)
def test_what_is_no_dossier_code_is_none(typed: str) -> None:
    assert parse_dossier_code(typed) is None


def test_another_format_can_be_given_when_the_rules_move() -> None:
    layout = re.compile(r"BCA-(?P<day>[0-9]{6})-[0-9]+")
    assert parse_dossier_code("bca-270101-5", [layout]) == "BCA-270101-5"
    assert find_dossier_code(["x;BCA-270101-5;y"], [layout]) == "BCA-270101-5"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([OLD], OLD),
        ([SLIP], OLD),
        ([SLIP.replace("; ", "\n")], OLD),
        ([f"Mã hồ sơ:{NEW}."], NEW),
        ([f"https://dichvucong.example/tra-cuu?ma={NEW}&x=1"], NEW),
        ([SLIP, OLD, CARD], OLD),  # the same code twice is one code
        ([SLIP, NEW], None),  # two dossiers on a page
        ([f"{OLD};{NEW}"], None),
        ([CARD], None),
        ([], None),
        ([f"{NEW};" + "x" * 9000], None),
    ],
)
def test_the_code_is_found_among_payloads_or_none_is(texts: list[str], code: str | None) -> None:
    assert find_dossier_code(texts) == code


@given(st.text(max_size=80))
def test_whatever_is_read_gives_none_or_a_code_that_reads_as_itself(text: str) -> None:
    code = parse_dossier_code(text)
    assert code is None or parse_dossier_code(code) == code
    assert find_dossier_code([text, OLD]) in {OLD, None}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1.001193", "1.001193"),
        (" 2.000815.h56 ", "2.000815"),
        ("1.010708.000.00.00.H56", "1.010708"),
        ("6.115001", "6.115001"),
        ("7.001193", None),
        ("1.00119", None),
        ("1.001193.000.00.H56", None),
        ("1.001193" + " " * 80, None),
    ],
)
def test_procedure_codes_lose_their_local_suffix(typed: str, code: str | None) -> None:
    assert parse_procedure_code(typed) == code


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("038185012345", "•••••••••345"),
        ("038 185 012 345", "•••••••••345"),
        ("171234567", "••••••567"),
        ("12345678", "••••••••"),
        ("", ""),
    ],
)
def test_a_number_in_public_shows_its_last_three_digits(number: str, masked: str) -> None:
    assert mask_id(number) == masked


@given(st.text(alphabet="0123456789", max_size=20), st.integers(min_value=0, max_value=4))
def test_a_mask_keeps_the_length_and_never_shows_more_than_asked(number: str, shown: int) -> None:
    masked = mask_id(number, shown)
    assert len(masked) == len(number)
    assert sum(char != "•" for char in masked) <= shown


@pytest.mark.parametrize(
    ("pin", "sex", "born", "words"),
    [
        ("038185012345", "Nữ", date(1985, 3, 15), []),
        ("038085012345", "Nam", date(1985, 3, 15), []),
        ("038205012345", "NAM", date(2005, 1, 1), []),
        ("038305012345", "nữ", date(2005, 1, 1), []),
        ("103185012345", None, None, []),  # registered abroad
        ("038185012345", "Khác", None, []),
        ("003185012345", None, None, ["mã tỉnh"]),
        ("038185012345", "Nam", date(1985, 3, 15), ["giới tính"]),
        ("038185012345", "Nữ", date(2085, 3, 15), ["năm 2085"]),
        ("000000012345", "Nữ", date(1985, 3, 15), ["mã tỉnh", "giới tính", "năm sinh 1900"]),
        ("03818501234", "Nữ", None, ["12 chữ số"]),
        ("03818501234५", "Nữ", None, ["12 chữ số"]),
    ],
)
def test_what_does_not_fit_in_a_personal_number_is_a_warning(
    pin: str, sex: str | None, born: date | None, words: list[str]
) -> None:
    warnings = pin_warnings(pin, sex, born)
    assert len(warnings) == len(words)
    assert all(word in warning for word, warning in zip(words, warnings, strict=True))
