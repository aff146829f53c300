"""A lost mark is put back where the picture allows it and the language asks for it; nothing else is touched."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr.ctc import Logs
from ocr.language import vietnamese
from ocr.spelling import Speller, Spelt
from ocr.traineddata import read_model
from tests.ocr import made_models as made

MODEL = read_model(made.VIETNAMESE)
SPELLER = Speller(language=vietnamese(), characters=MODEL.characters, null=MODEL.null)
Seen = str | Mapping[str, float]
"""Letters the network is sure of, or one letter's candidates with their probabilities."""
SURE = 0.9999
CODES = (
    *("79/2014/NĐ-CP", "H56.123-261123-0001", "03/02/2026", "001099012345", "12/TB-UBND", "38A-123.45", "QĐ19"),
    *("1.001193", "500.000đ", "a1b2", "C06", "T1", "b0", "2đ"),
)


def line(*seen: Seen) -> Logs:
    """A line as the network would hand it out: two steps a letter, a null after each."""
    letters = [letter for piece in seen for letter in (piece if isinstance(piece, str) else [piece])]
    rows = []
    for letter in letters:
        shares = {letter: SURE} if isinstance(letter, str) else letter
        row = np.full(len(MODEL.characters), max(1 - sum(shares.values()), 1e-6) / len(MODEL.characters))
        for char, share in shares.items():
            row[MODEL.characters.index(char)] += share
        nothing = np.full(len(MODEL.characters), 1e-6)
        nothing[MODEL.null] = 1
        rows += [row, row, nothing]
    logs = np.array(rows)
    return np.log(logs / logs.sum(axis=1, keepdims=True)).astype(np.float32)


def spelt(*seen: Seen) -> list[Spelt]:
    return SPELLER.spell([line(*seen)])[0]


def text(*seen: Seen) -> str:
    return " ".join(word.text for word in spelt(*seen))


def near(read: str, other: str, other_share: float = 0.3) -> Mapping[str, float]:
    return {read: SURE - other_share, other: other_share}


# --- what is put right -----------------------------------------------------------------------------------------


def test_a_lost_mark_is_put_back_where_the_picture_is_near_tied_and_the_language_clear():
    assert text("thẩm quy", near("ê", "ề"), "n cấp") == "thẩm quyền cấp"
    assert text("th", near("â", "ẩ"), "m quyền cấp") == "thẩm quyền cấp"
    assert text("giấy ", "ch", near("ư", "ứ"), "ng nhận") == "giấy chứng nhận"


def test_two_lost_marks_in_a_row_are_put_back_together():
    assert text("cơ quan có th", near("â", "ẩ", 0.1), "m quy", near("ê", "ề", 0.1), "n") == "cơ quan có thẩm quyền"


def test_the_word_after_speaks_for_the_word_before():
    assert text("số h", near("ô", "ộ", 0.05), " khẩu").endswith("hộ khẩu")


def test_the_last_word_of_a_line_speaks_for_the_first_of_the_next():
    first, second = SPELLER.spell([line("có thẩm"), line("quy", near("ê", "ề"), "n")])
    assert [word.text for word in (*first, *second)] == ["có", "thẩm", "quyền"]


def test_what_stood_on_the_page_is_kept_beside_what_was_put_in_its_place():
    (first, changed) = spelt("thẩm quy", near("ê", "ề"), "n")
    assert (changed.read, changed.text, changed.known) == ("quyên", "quyền", True)
    assert (first.read, first.text) == ("thẩm", "thẩm")
    assert 0 < changed.sure < 0.97
    assert 0 < changed.seen < changed.won <= 1


def test_case_and_the_stops_around_a_word_are_kept():
    assert text("thẩm quy", near("ê", "ề"), "n;") == "thẩm quyền;"
    assert text("(thẩm quy", near("ê", "ề"), "n).") == "(thẩm quyền)."
    assert text("THẨM QUY", near("Ê", "Ề"), "N") == "THẨM QUYỀN"
    assert text("Th", near("â", "ẩ"), "m quyền") == "Thẩm quyền"


# --- what is left alone ----------------------------------------------------------------------------------------


def test_a_word_read_for_sure_is_left_alone_however_odd():
    assert text("thẩm quyên cấp") == "thẩm quyên cấp"
    assert text("xyzzy thẩm") == "xyzzy thẩm"


def test_nothing_is_put_in_that_the_picture_speaks_against():
    for against in (1e-5, 1e-6):
        assert text("thẩm quy", {"ê": 0.98, "ề": against, "ế": 0.01}, "n") == "thẩm quyên"


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_numbers_and_codes_stand_as_read_however_doubtful(code: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(code) - 1))
    others = sorted(set("0123456789ABCĐƠẢabcđilo/-.") - {code[at]})
    doubt = near(code[at], data.draw(st.sampled_from(others)), 0.45)
    assert text("số ", code[:at], doubt, code[at + 1 :], " ngày") == f"số {code} ngày"


def test_a_digit_among_letters_keeps_the_word_from_being_spelt():
    assert text("thẩm qu1", near("ê", "ề"), "n") == "thẩm qu1ên"


def test_a_name_in_the_middle_of_a_line_needs_more_of_the_picture_than_a_word():
    shares = [10.0**power for power in np.arange(-3.4, -0.35, 0.1)]
    word = [share for share in shares if text("thẩm quy", near("ê", "ề", share), "n").endswith("quyền")]
    name = [share for share in shares if text("thẩm Quy", near("ê", "ề", share), "n").endswith("Quyền")]
    assert word
    assert name
    assert min(name) > 2 * min(word)


def test_a_name_in_doubt_stays_as_read_where_the_picture_speaks_for_it():
    assert text("ông Nguyễn Văn T", near("à", "o", 0.001), "n") == "ông Nguyễn Văn Tàn"
    assert text("bà Trần Thị H", near("o", "ò", 0.01), "a") == "bà Trần Thị Hoa"


def test_foreign_words_stand_as_read():
    assert text("tập đoàn Micr", near("o", "ò", 0.2), "soft") == "tập đoàn Microsoft"


# --- always ----------------------------------------------------------------------------------------------------

LETTERS = st.sampled_from("aăâeêioôơuưyáàảãạấềộnhgtcmđABQĐ0159/.-, ")
DOUBT = st.tuples(LETTERS, LETTERS, st.floats(0.01, 0.49)).filter(lambda two: two[0] != two[1] and " " not in two[:2])
PIECES = st.lists(LETTERS | DOUBT.map(lambda two: near(*two)), max_size=16)


@settings(max_examples=60, deadline=None)
@given(pieces=PIECES)
def test_spelling_keeps_the_number_of_words_and_every_digit_and_stop(pieces: list[Seen]):
    found = spelt(*pieces) if pieces else []
    for word in found:
        if word.text != word.read:
            assert not any(char.isdigit() for char in word.read)
            assert word.text.istitle() == word.read.istitle() or len(word.read) == 1
            assert [c for c in word.text if not c.isalpha()] == [c for c in word.read if not c.isalpha()]
        assert 0 <= word.sure <= 1
        assert 0 <= word.won <= 1
        assert 0 <= word.seen <= 1
        assert word.text.strip() == word.text != ""
    assert all(one.span.end <= two.span.start for one, two in pairwise(found))


def test_no_lines_and_empty_lines_have_no_words():
    assert SPELLER.spell([]) == []
    nothing = np.zeros((0, len(MODEL.characters)), np.float32)
    assert SPELLER.spell([nothing, line("có"), nothing])[::2] == [[], []]


def test_doubtful_are_the_words_not_sure_and_those_the_language_does_not_know():
    logs = line("thẩm quy", near("ê", "ề"), "n cấp xyzzy 12")
    words = SPELLER.spell([logs])[0]
    doubted = {span.start for span in SPELLER.doubtful(logs)}
    assert [word.read for word in words if word.span.start in doubted] == ["quyên", "xyzzy"]


# --- where words end -------------------------------------------------------------------------------------------


def test_two_syllables_set_too_tight_are_parted_where_the_network_thought_of_a_space():
    tight = line("thẩm quyền")
    space = MODEL.characters.index(" ")
    at = int(tight[:, space].argmax())
    tight[at : at + 2, space] = np.log(0.05)
    tight[at : at + 2, MODEL.null] = np.log(0.94)
    assert [word.text for word in SPELLER.spell([tight])[0]] == ["thẩm", "quyền"]


def test_syllables_that_the_picture_joins_stay_joined():
    assert text("thẩmquyền") == "thẩmquyền"


def test_leaders_of_dots_are_no_words_and_part_a_label_from_its_blank():
    assert text("Họ tên:......Nam.......") == "Họ tên: Nam"
    assert text("Ngày sinh ............") == "Ngày sinh"


def test_stops_at_the_end_of_a_word_are_no_leader():
    assert text("lưu: VT.") == "lưu: VT."
    assert text("giấy tờ, v.v...") == "giấy tờ, v.v..."
