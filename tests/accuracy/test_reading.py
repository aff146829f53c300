"""How well real scans are read: figures printed, with bounds generous enough for another Tesseract's mood.

A sample, to stay within half a minute; the bounds are about twice what is measured (README of the scans:
0.6 % of characters, 2.1 % of words, 97 % recall with this model at this scale).
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from ocr import Raster, Reading
from ocr.decode import Limits, frame
from ocr.image import pose_of
from ocr.reader import default_reader
from ocr.text import nfc

SCANS = Path(__file__).parents[3] / "shared" / "data" / "scans"
FORMS = SCANS.parent / "forms"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SCANS.is_dir(), reason="the scans of ../shared/data are not here"),
]
CHARACTERS_WRONG, WORDS_WRONG, HAND_RECALL = 0.012, 0.045, 0.955
_PAGE_NUMBER = re.compile(r"\W*\d{1,3}\W*")


def read(path: Path) -> Reading:
    return default_reader().read(frame(path.read_bytes(), 0, Limits()))


def running(text: str) -> str:
    return " ".join(nfc(text).split())


def test_characters_and_words_of_printed_pages(capsys):
    wrong, of = np.zeros(2), np.zeros(2)
    for path in sorted((SCANS / "nd96").glob("*.png"))[::4]:
        rows = read(path).text.text.split("\n")
        while rows and (not rows[0].strip() or _PAGE_NUMBER.fullmatch(rows[0])):
            rows.pop(0)  # the page number at the top is not in the truth
        found, truth = running("\n".join(rows)), running(path.with_suffix(".txt").read_text(encoding="utf-8"))
        wrong += Levenshtein.distance(found, truth), Levenshtein.distance(found.split(), truth.split())
        of += len(truth), len(truth.split())
    characters, words = wrong / of
    with capsys.disabled():
        print(f"\nnd96: {characters:.2%} of characters, {words:.2%} of words wrong")
    assert characters <= CHARACTERS_WRONG
    assert words <= WORDS_WRONG


def test_words_found_on_stamped_signed_and_photographed_pages(capsys):
    hit = total = 0
    for path in sorted((SCANS / "hand").glob("*.[jp][pn]g")):
        printed = re.sub(r"\{[^}]*\}", " ", path.with_suffix(".txt").read_text(encoding="utf-8"))
        truth, found = (Counter(re.findall(r"\w+", nfc(text))) for text in (printed, read(path).text.text))
        hit, total = hit + (truth & found).total(), total + truth.total()
    with capsys.disabled():
        print(f"\nhand: {hit / total:.2%} of printed words found")
    assert hit / total >= HAND_RECALL


def test_the_head_of_an_official_paper_is_read_column_by_column():
    for name in ("qn_22_TTr_2025_p1", "qn_47_QD_2025_p1", "qn_574_UBND_2025_p1", "qn_07_CT_2018_p1"):
        text = read(next((SCANS / "hand").glob(f"{name}.[jp][pn]g"))).text.text.upper()
        agency, number, nation = (text.index(words) for words in ("BAN NHÂN DÂN", "UBND", "NGHĨA VIỆT NAM"))
        assert agency < number < nation, name


def test_pages_fed_any_way_round_are_turned_upright(capsys):
    paths = [*sorted((SCANS / "nd96").glob("*.png"))[::6], *sorted((SCANS / "hand").glob("*.[jp][pn]g"))[::2]]
    paths += sorted(FORMS.glob("*.png"))[::6]
    wrong = unsure = 0
    for path in paths:
        page = frame(path.read_bytes(), 0, Limits()).pixels
        for quarter in range(4):
            pose = pose_of(Raster(pixels=np.ascontiguousarray(np.rot90(page, quarter)), dpi=None).pixels)
            wrong += pose.sure and pose.turn_deg != quarter * 90
            unsure += not pose.sure
    with capsys.disabled():
        print(f"\nturned: {4 * len(paths)} pages, {wrong} wrong, {unsure} left to the engine")
    assert wrong == 0
    assert unsure <= 2
