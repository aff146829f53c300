"""Separator sheets: read back by the very reader of the inbox, turned, faint, small, torn at the corner."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from intake.errors import BadInput
from intake.separator import sheets
from ocr.codes import read_separator
from tests.intake import made_papers as made
from tests.preflight import faults


def _grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


@pytest.fixture(scope="module")
def printed() -> bytes:
    return sheets(["", "H56-260001", "may-1"])


def test_a_sheet_says_what_it_is_to_machine_and_clerk(printed):
    assert [read_separator(_grey(made.render(printed, page))) for page in range(3)] == ["", "H56-260001", "MAY-1"]
    texts = made.page_texts(printed)
    assert all("TỜ NGĂN HỒ SƠ" in text for text in texts)
    assert "BẮT ĐẦU HỒ SƠ MỚI" in texts[0]
    assert "HỒ SƠ: H56-260001" in texts[1]


@pytest.mark.parametrize("angle", [0, 7, 90, 180, 183, 270])
def test_a_turned_sheet_is_read(printed, angle):
    turned = made.render(printed, 1, 75).rotate(
        angle, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC
    )
    assert read_separator(_grey(turned)) == "H56-260001"


@pytest.mark.parametrize("dpi", [50, 100, 300])
def test_a_faint_and_noisy_copy_is_read(printed, dpi):
    page = _grey(made.render(printed, 1, dpi)).astype(float)
    faint = 205 + page / 255 * 35 + np.random.default_rng(7).normal(0, 4, page.shape)
    assert read_separator(faint.clip(0, 255).astype(np.uint8)) == "H56-260001"


def test_a_stain_on_an_eighth_of_the_code_does_no_harm(printed):
    page = _grey(made.render(printed, 1, 100)).copy()
    rows, columns = np.nonzero(page < 128)
    top, bottom = rows.min() + int(np.ptp(rows) * 0.5), rows.min() + int(np.ptp(rows) * 0.72)
    middle = int(columns.mean())
    page[top:bottom, middle - 40 : middle + 40] = 128
    assert read_separator(page) == "H56-260001"


@pytest.mark.parametrize("name", ["Hồ sơ 1", "a:b", "X" * 41, "ß", "a b"])
def test_an_id_the_reader_would_not_take_is_refused(name):
    with pytest.raises(BadInput, match="tờ ngăn"):
        sheets([name])


def test_sheets_are_pdf_a_1b_and_the_same_every_time(printed, tmp_path):
    assert faults({"sheets": printed}, tmp_path) == {"sheets": []}
    assert sheets(["", "H56-260001", "may-1"]) == printed
    assert made.page_count(printed) == 3
