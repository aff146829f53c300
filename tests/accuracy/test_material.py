"""The measuring sticks themselves: made pages that differ, truths that hold, scores that count what they say."""

from __future__ import annotations

import random
import re
import unicodedata

import numpy as np
import pytest

from tests.accuracy.made_scans import made
from tests.accuracy.made_text import Columns, Writer, amount_in_words, page_of_text
from tests.accuracy.scoring import Judged, judged, reliability, right_from, score


def _said(seed: int) -> str:
    paragraphs = []
    for block in page_of_text(seed):
        paragraphs += [*block.left, *block.right] if isinstance(block, Columns) else [block]
    return " ".join(paragraph.text for paragraph in paragraphs)


def test_made_pages_use_1500_different_syllables():
    said = " ".join(_said(seed) for seed in range(60)).lower()
    assert len(set(re.findall(r"[^\W\d_]+", said))) >= 1500
    assert unicodedata.is_normalized("NFC", said)
    assert "{" not in said


def test_the_same_seed_makes_the_same_page_and_another_seed_another():
    one, again, other = made("photocopy", 3), made("photocopy", 3), made("photocopy", 4)
    assert one.file == again.file
    assert one.truth == again.truth != other.truth
    assert np.array_equal(one.pixels, again.pixels)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (15_000, "mười lăm nghìn"),
        (105_000, "một trăm linh năm nghìn"),
        (12_350_000, "mười hai triệu ba trăm năm mươi nghìn"),
        (2_021_005_000, "hai tỷ không trăm hai mươi mốt triệu không trăm linh năm nghìn"),
    ],
)
def test_amounts_are_written_out_as_they_are_read_aloud(amount: int, words: str):
    assert amount_in_words(amount) == words


def test_a_list_is_dealt_out_before_a_word_comes_again():
    writer = Writer(random.Random(1))
    dealt = [writer.deal("chapter") for _ in range(7)]
    assert len(set(dealt)) == 7


def test_errors_are_counted_over_running_text():
    found = score("Điều 1.  Hồ sơ\ngồm đơn", "Điều 1. Hồ sơ gồm đơn")
    assert found.characters.wrong == found.words.wrong == found.missed.wrong == 0
    found = score("Điều l. Hô sơ gồm", "Điều 1. Hồ sơ gồm đơn")
    assert (found.characters.wrong, found.words.wrong, found.missed.wrong) == (6, 3, 3)


def test_a_word_read_out_of_turn_is_right_but_only_as_often_as_it_is_printed():
    words = judged([("CHỦ", 0.9), ("TỊCH", 0.9), ("Nơi", 0.9), ("nhận", 0.9), ("CHỦ", 0.2)], "Nơi nhận CHỦ TỊCH")
    assert sum(word.right for word in words) == 4
    assert sum(word.right for word in words if word.text == "CHỦ") == 1
    assert score("CHỦ TỊCH Nơi nhận", "Nơi nhận CHỦ TỊCH").letters.wrong == 0


def test_reliability_counts_each_word_in_one_band():
    words = [Judged(text="a", confidence=c, right=c > 0.9) for c in (0.0, 0.5, 0.93, 0.95, 0.99, 1.0)]
    bands = reliability(words)
    assert sum(band.count for band in bands) == len(words)
    assert (right_from(words, 0.95).count, right_from(words, 0.95).right) == (3, 3)
