"""Every line of print is found once, where it was drawn, with all its ink and none of its neighbours'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr import Pixels
from ocr.lines import Lines, find_lines
from tests.ocr import made_pages

X_TO_SIZE = 0.459
"""Height of Liberation Serif's small letters to its size."""
X = 11.5
SIZE = round(X / X_TO_SIZE)
INK, SURE_INK = 160, 100
BODY = made_pages.BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """A line as drawn: its foot and the outermost columns of its ink."""

    text: str
    left: int
    foot: int
    size: int = SIZE

    def on(self, page: Image.Image) -> None:
        pen = ImageDraw.Draw(page)
        pen.text((self.left, self.foot), self.text, font=made_pages.font(self.size), fill=0, anchor="ls")

    @property
    def ink(self) -> tuple[int, int]:
        alone = Image.new("L", (self.left + len(self.text) * self.size + 50, self.foot + self.size), 255)
        self.on(alone)
        columns = np.nonzero((np.array(alone) < INK).any(axis=0))[0]
        return int(columns[0]), int(columns[-1]) + 1

    @property
    def x(self) -> float:
        return self.size * X_TO_SIZE


def rows(texts: Sequence[str] = BODY, size: int = SIZE, step: float = 1.8, left: int = 100) -> list[Print]:
    return [
        Print(text=text, left=left, foot=100 + 3 * size + round(size * step * n), size=size)
        for n, text in enumerate(texts)
    ]


def page_of(printed: Sequence[Print]) -> Image.Image:
    wide = max(each.ink[1] for each in printed) + 100
    page = Image.new("L", (wide, max(each.foot for each in printed) + 100), 255)
    for each in printed:
        each.on(page)
    return page


def found(page: Image.Image, x: float = X) -> Lines:
    return find_lines(np.array(page), x)


def agree(lines: Lines, printed: Sequence[Print]) -> None:
    """One line for each that was drawn, in its place."""
    assert len(lines.lines) == len(printed)
    found_order = sorted(lines.lines, key=lambda line: (round(line.foot), line.left))
    for line, drawn in zip(found_order, sorted(printed, key=lambda each: (each.foot, each.left)), strict=True):
        off = max(2.0, 0.2 * drawn.x)
        assert abs(line.foot - drawn.foot) <= max(1.5, 0.1 * drawn.x), drawn
        assert abs(line.left - drawn.ink[0]) <= off, drawn
        assert abs(line.right - drawn.ink[1]) <= off, drawn
        assert abs(line.x / drawn.x - 1) < 0.15, drawn


@pytest.mark.parametrize("x", [9, 11.5, 14, 20, 28, 40])
def test_lines_of_any_size_are_found_where_they_were_drawn(x: float):
    printed = rows(size=round(x / X_TO_SIZE))
    agree(found(page_of(printed), x), printed)


@pytest.mark.parametrize("guess", [0.75, 0.87, 1.15, 1.3])
def test_a_guess_of_the_size_that_is_somewhat_off_is_put_right(guess: float):
    printed = rows()
    agree(found(page_of(printed), X * guess), printed)


@pytest.mark.parametrize("slope", [-0.02, -0.01, 0.004, 0.012, 0.02])
def test_lines_that_fall_or_rise_a_little_are_followed(slope: float):
    page = np.array(page_of(rows(step=2.2)))
    turn = np.array([[1, 0, 0], [slope, 1, 20]])
    turned = cv2.warpAffine(page, turn, (page.shape[1], page.shape[0] + 40), borderValue=255)
    lines = find_lines(turned, X)
    assert len(lines.lines) == len(BODY)
    for line, drawn in zip(lines.lines, rows(step=2.2), strict=True):
        assert line.slope == pytest.approx(slope, abs=0.0015)
        assert line.foot == pytest.approx(drawn.foot + 20 + slope * line.left, abs=2)


@pytest.mark.parametrize("times", [1.5, 2, 2.5, 3])
@pytest.mark.parametrize("text", ["GIẤY CHỨNG NHẬN", "Tờ khai đăng ký"])
def test_a_title_however_big_is_one_line_and_disturbs_no_other(times: float, text: str):
    title = Print(text=text, left=150, foot=120, size=round(times * SIZE))
    body = rows(step=2)
    lines = found(page_of([title, *body]))
    agree(replace(lines, lines=lines.lines[1:]), body)
    first = lines.lines[0]
    assert first.foot == pytest.approx(title.foot, abs=3)
    assert (first.left, first.right) == pytest.approx(title.ink, abs=4)
    assert first.x == pytest.approx(title.x, rel=0.25)


def test_columns_with_paper_between_are_lines_of_their_own():
    left, right = (
        rows(["Nơi nhận:", "- Như Điều 3;", "- Lưu: VT."]),
        rows(["CHỦ TỊCH", "(Đã ký)", "Nguyễn Văn An"], left=500),
    )
    agree(found(page_of([*left, *right])), [*left, *right])


def test_cells_parted_by_a_rule_are_lines_of_their_own_however_close():
    cells = [
        Print(text=text, left=left, foot=foot)
        for foot in (140, 185, 230)
        for left, text in ((110, "Họ tên"), (196, "An Mẫu"), (300, "1986"))
    ]
    page = page_of(cells)
    pen = ImageDraw.Draw(page)
    for x in (104, 190, 290, 370):
        pen.line((x, 112, x, 247), fill=0, width=2)
    for y in (112, 157, 202, 247):
        pen.line((104, y, 370, y), fill=0, width=2)
    agree(found(page), cells)


def test_no_digit_of_a_number_in_boxes_is_lost():
    page = page_of([*rows(), Print(text="Số:", left=650, foot=107)])
    pen = ImageDraw.Draw(page)
    places = []
    for n, digit in enumerate("001086012345"):
        left = 100 + n * 34
        pen.rectangle((left, 80, left + 34, 116), outline=0, width=2)
        pen.text((left + 11, 107), digit, font=made_pages.font(SIZE), fill=0, anchor="ls")
        places.append(left + 17)
    lines = found(page)
    for place in places:
        holding = [line for line in lines.lines if line.left <= place <= line.right]
        holding = [line for line in holding if line.foot == pytest.approx(107, abs=2)]
        assert len(holding) == 1, place
    for at in range(len(lines.lines)):
        strip = lines.strip(lines.unruled(np.array(page)), at, 36)
        assert not (strip < INK).all(axis=0).any(), "a side of a box is left in the strip"


def test_a_label_before_a_dotted_leader_and_what_follows_are_found():
    printed = [
        Print(text="Họ và tên: ........................................ Giới tính: .............", left=100, foot=140)
    ]
    lines = found(page_of(printed))
    assert all(abs(line.foot - 140) <= 2 for line in lines.lines)
    label, second = made_pages.font(SIZE).getlength("Họ và tên:"), made_pages.font(SIZE).getlength(printed[0].text[:52])
    for start, end in ((100, 100 + label), (100 + second, 100 + second + 60)):
        assert any(line.left <= start + 3 and line.right >= end - 3 for line in lines.lines)


def test_print_over_a_ruled_blank_is_found_at_its_foot():
    printed = rows(["Họ và tên: Nguyễn Văn Quyết", "Nơi cư trú: xã An Mẫu, huyện Mẫu"], step=2)
    page = page_of(printed)
    for each in printed:
        ImageDraw.Draw(page).line((220, each.foot + 4, 520, each.foot + 4), fill=0, width=2)
    agree(found(page), printed)


@pytest.mark.parametrize(
    "text", ["- Lưu: VT.", "giấy tờ, v.v...", "(theo mẫu)", "“Hồ sơ”", "- Sở Tư pháp;", "Điều 1.", "- 5 -"]
)
def test_the_stop_or_dash_at_either_end_is_inside_its_line(text: str):
    printed = [Print(text=text, left=100, foot=140), *rows(BODY[:3])[1:]]
    agree(found(page_of(printed)), printed)


def test_lines_come_from_top_to_bottom():
    lines = found(page_of(rows())).lines
    assert [line.foot for line in lines] == sorted(line.foot for line in lines)


# --- whose ink it is -------------------------------------------------------------------------------------------

MARKED = (
    "Ủy ban tỉnh Ấ Ồ Ẫ ở phía trên, hộ tịch ngụ cư",
    "Ổn định Ỗ Ẩ Ể dưới cột, mộ cụ thị ạ ọ ụ ị trận",
    "Ẵm Ễ Ỡ phải giữ đủ dấu, lệ phí nộp một lần",
)


@pytest.mark.parametrize("step", [1.02, 1.1, 1.25, 1.6])
def test_marks_belong_to_their_own_line_however_tight_the_lines(step: float):
    printed = rows(MARKED, step=step)
    page = page_of(printed)
    lines = found(page)
    assert len(lines.lines) == len(MARKED)
    for number, each in enumerate(printed, start=1):
        alone = Image.new("L", page.size, 255)
        each.on(alone)
        ink = np.array(alone) < SURE_INK
        foreign = ink & (lines.owner != number) & (lines.owner != 0)
        assert foreign.sum() <= 0.01 * ink.sum(), f"line {number}"
        assert (ink & (lines.owner == number)).sum() >= 0.985 * ink.sum(), f"line {number}"


def test_a_strip_holds_its_line_as_if_it_stood_alone():
    printed = rows(MARKED, step=1.12)
    page = np.array(page_of(printed))
    lines = find_lines(page, X)
    for at, each in enumerate(printed):
        alone = Image.new("L", page.shape[::-1], 255)
        each.on(alone)
        beside, expected = lines.strip(page, at, 36), lines.strip(np.array(alone), at, 36)
        assert ((beside < INK) != (expected < INK)).mean() < 0.004


def test_a_strip_has_the_height_asked_for_and_the_width_of_its_line():
    printed = rows()
    page = np.array(page_of(printed))
    lines = find_lines(page, X)
    for height in (24, 36, 48):
        strip = lines.strip(page, 0, height)
        window = lines.window(0)
        assert strip.shape == (height, pytest.approx(window.width / window.height * height, abs=1))


# --- what is no print ------------------------------------------------------------------------------------------


def test_a_pen_stroke_over_the_foot_of_a_page_swallows_no_line():
    printed = rows(["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Nguyễn Văn An"], step=3.4)
    page = page_of(printed).convert("RGB")
    made_pages.signature(page, (140, 302), ink=(30, 30, 30))
    feet = found(page.convert("L")).lines
    for each in printed:
        near = [line for line in feet if abs(line.foot - each.foot) <= 2 and line.left <= each.ink[0] + 4]
        assert near, each
        assert max(line.right for line in near) >= each.ink[1] - 4


def test_a_black_seal_over_the_beginnings_of_lines_leaves_all_lines_whole():
    printed = rows(step=2)
    page = page_of(printed).convert("RGB")
    made_pages.seal(page, (170, 280), ink=(60, 60, 60))
    lines = found(page.convert("L")).lines
    for each in printed:
        own = [line for line in lines if abs(line.foot - each.foot) <= 3 and line.right - line.left > 200]
        assert len(own) == 1, each
        assert own[0].right == pytest.approx(each.ink[1], abs=4)
        assert own[0].left < 300


def test_frames_and_rules_are_no_lines():
    page = Image.new("L", (900, 600), 255)
    pen = ImageDraw.Draw(page)
    pen.rectangle((50, 50, 850, 550), outline=0, width=3)
    for n in range(1, 8):
        pen.line((50, 50 + 60 * n, 850, 50 + 60 * n), fill=0, width=2)
        pen.line((50 + 100 * n, 50, 50 + 100 * n, 550), fill=0, width=2)
    assert found(page).lines == ()


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3), (40, 40), (300, 200)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_page_of_one_grey_has_no_lines(size: tuple[int, int], grey: int):
    page = np.full(size, grey, np.uint8)
    lines = find_lines(page, X)
    assert lines.lines == ()
    assert lines.unruled(page).shape == size


def test_noise_is_searched_without_failing():
    noise: Pixels = np.random.default_rng(7).integers(0, 256, (300, 400)).astype(np.uint8)
    lines = find_lines(noise, X)
    for at in range(len(lines.lines)):
        assert lines.strip(noise, at, 36).shape[0] == 36


def test_specks_are_no_lines():
    page = np.full((600, 800), 255, np.uint8)
    places = np.random.default_rng(3).integers(5, 590, (60, 2))
    for top, left in places:
        page[top : top + 2, left : left + 2] = 0
    assert find_lines(page, X).lines == ()
