"""The head of an official paper is read column by column; everything else as the engine read it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ocr.layout import reading_order
from ocr.text import Box, Line, Word

ROW, LETTER, SPACE = 30, 10, 6


def line(top: int, *pieces: tuple[int, str], block: int = 0) -> Line:
    """Words of (left, text) pieces, each piece set with ordinary spaces."""
    words = []
    for left, text in pieces:
        for word in text.split():
            words.append(
                Word(text=word, box=Box(left=left, top=top, width=LETTER * len(word), height=14), confidence=0.9)
            )
            left += LETTER * len(word) + SPACE
    return Line(words=tuple(words), block=block)


HEAD = [
    line(100, (150, "ỦY BAN NHÂN DÂN"), (440, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), block=1),
    line(130, (160, "XÃ AN MẪU"), (520, "Độc lập - Tự do - Hạnh phúc"), block=2),
    line(180, (150, "Số: 12/TB-UBND"), (480, "An Mẫu, ngày 03 tháng 02 năm 2026"), block=2),
]
TITLE = line(260, (430, "THÔNG BÁO"), block=3)
BODY = [
    line(320 + ROW * n, (150, "Căn cứ hồ sơ nộp ngày hôm trước của người có tên ở dưới đây"), block=4) for n in range(4)
]


def texts(lines: list[Line]) -> list[str]:
    return [each.text for each in reading_order(lines).lines]


def test_each_column_of_the_head_is_read_to_its_end_left_first():
    assert texts([*HEAD, TITLE, *BODY])[:7] == [
        "ỦY BAN NHÂN DÂN",
        "XÃ AN MẪU",
        "Số: 12/TB-UBND",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "An Mẫu, ngày 03 tháng 02 năm 2026",
        "THÔNG BÁO",
    ]


def test_the_columns_and_the_rest_are_separate_blocks():
    blocks = [each.block for each in reading_order([*HEAD, TITLE, *BODY]).lines]
    assert blocks == [0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 3]


def test_a_national_name_with_letters_misread_is_still_known():
    misread = line(100, (150, "ỦY BAN NHÂN DÂN"), (440, "CỌNG HÒA XÃ HỌI CHÙ NGHĨÀ VIÊT NANI"), block=1)
    badly = line(100, (150, "ỦY BAN NHÂN DÂN"), (440, "CUNG HÒA XÃ HNI CH NGHIA VIIT NAM"), block=1)
    for first in (misread, badly):
        assert texts([first, *HEAD[1:], TITLE, *BODY])[:2] == ["ỦY BAN NHÂN DÂN", "XÃ AN MẪU"]


def test_the_subject_under_the_number_stays_in_the_left_column():
    subject = line(215, (160, "V/v hẹn trả kết quả"), block=2)
    assert texts([*HEAD, subject, *BODY])[3] == "V/v hẹn trả kết quả"


def test_a_speck_between_the_columns_does_not_join_them():
    speck = Word(text="_", box=Box(left=345, top=100, width=70, height=14), confidence=0.1)
    words = tuple(sorted((*HEAD[0].words, speck), key=lambda word: word.box.left))
    found = texts([Line(words=words, block=1), *HEAD[1:], TITLE, *BODY])
    assert found[0] in {"ỦY BAN NHÂN DÂN", "ỦY BAN NHÂN DÂN _"}
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in found


def test_a_head_the_engine_has_parted_itself_comes_out_the_same():
    parted = [
        line(100, (150, "ỦY BAN NHÂN DÂN"), block=1),
        line(100, (440, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), block=2),
        line(130, (160, "XÃ AN MẪU"), block=1),
        line(130, (520, "Độc lập - Tự do - Hạnh phúc"), block=2),
        *HEAD[2:],
    ]
    assert texts([*parted, TITLE, *BODY]) == texts([*HEAD, TITLE, *BODY])


def test_a_scrawl_above_the_national_name_belongs_to_its_column():
    scrawl = line(40, (700, "TTĐT"), block=0)
    assert texts([scrawl, *HEAD, TITLE, *BODY])[3] == "TTĐT"


def test_a_form_with_the_national_name_in_the_middle_keeps_its_order():
    form = [
        line(60, (640, "Mẫu số 7"), block=0),
        line(100, (290, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), block=1),
        line(130, (370, "Độc lập - Tự do - Hạnh phúc"), block=1),
        line(200, (380, "TỜ KHAI ĐĂNG KÝ"), block=2),
        *BODY,
    ]
    assert texts(form) == [each.text for each in form]


def test_a_page_without_the_national_name_keeps_its_order():
    page = [line(100, (150, "Họ và tên"), (500, "Ngày sinh"), block=3), *BODY]
    assert texts(page) == [each.text for each in page]
    assert texts([]) == []
    assert texts([HEAD[0]]) == ["ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]


def test_the_national_name_quoted_in_the_body_is_no_head():
    quoted = line(320 + ROW * 30, (150, "nhân danh nước Cộng hòa xã hội chủ nghĩa Việt Nam"), block=9)
    page = [*(line(100 + ROW * n, (150, "Điều khoản số"), block=1) for n in range(20)), quoted]
    assert texts(page) == [each.text for each in page]


def test_a_row_whose_right_half_came_first_is_put_together():
    broken = [line(300, (500, "và tiền chất thuốc"), block=8), line(302, (150, "i) Kinh doanh vật liệu"), block=9)]
    assert texts([BODY[0], *broken]) == [BODY[0].text, "i) Kinh doanh vật liệu và tiền chất thuốc"]


def test_two_columns_read_left_first_are_not_put_together():
    columns = [line(300, (150, "Nơi nhận"), block=8), line(302, (500, "CHỦ TỊCH"), block=9)]
    assert texts(columns) == ["Nơi nhận", "CHỦ TỊCH"]


SAID = ("ỦY BAN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "xã hội", ".", "Độc lập - Tự do", "một hai ba bốn")


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 700), st.sampled_from(SAID)), max_size=12))
def test_no_word_is_ever_dropped_or_doubled(places):
    lines = [line(top, (left, text), block=at) for at, (top, left, text) in enumerate(places)]
    before = sorted((word.text, word.box.left, word.box.top) for each in lines for word in each.words)
    after = sorted((word.text, word.box.left, word.box.top) for word in reading_order(lines).words)
    assert before == after
