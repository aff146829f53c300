"""The language shipped with the project: counts of syllables and pairs, small and loaded once."""

from __future__ import annotations

import gzip
import math
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from ocr import language
from ocr.language import Language, vietnamese
from ocr.text import fold

MAX_BYTES = 1_000_000


@pytest.fixture(scope="module")
def words() -> list[str]:
    return list(vietnamese()._number)


@pytest.mark.parametrize("before", [None, "thẩm", "của", "ủy", "ngày", "xyzzy"])
def test_all_that_can_follow_a_word_adds_up_to_one(words: list[str], before: str | None):
    total = sum(math.exp(vietnamese().log_p(word, before)) for word in words)
    assert 0.97 < total <= 1.0001


def test_a_known_pair_is_far_likelier_than_the_same_letters_with_other_marks():
    for before, usual, lost in [("thẩm", "quyền", "quyên"), ("hộ", "khẩu", "khâu"), ("giấy", "chứng", "chưng")]:
        assert vietnamese().log_p(usual, before) - vietnamese().log_p(lost, before) > 4


def test_a_word_that_was_never_seen_is_unlikely_but_not_impossible():
    unseen = vietnamese().log_p("xyzzy", "thẩm")
    assert math.isfinite(unseen)
    assert unseen < min(vietnamese().log_p(word, None) for word in ("quyền", "tịch", "quyên"))


def test_a_context_that_was_never_seen_says_nothing():
    assert vietnamese().log_p("quyền", "xyzzy") == vietnamese().log_p("quyền", None)


def test_marks_and_case_make_no_difference_to_what_is_alike():
    alike = vietnamese().alike("tham")
    assert {"thẩm", "thăm", "tham", "thâm"} <= set(alike)
    assert vietnamese().alike("THẪM") == alike
    assert {fold(word) for word in alike} == {"tham"}
    assert "đi" in vietnamese().alike("di")
    assert vietnamese().alike("xyzzy") == []


def test_the_words_of_any_office_are_known(words: list[str]):
    text = "cộng hòa xã hội chủ nghĩa việt nam độc lập tự do hạnh phúc ủy ban nhân dân giấy khai sinh kết hôn hộ khẩu"
    assert not [word for word in text.split() if word not in vietnamese()]
    assert "xyzzy" not in vietnamese()
    assert len(set(words)) == len(words)
    assert all(word == unicodedata.normalize("NFC", word.lower()) for word in words)


def test_the_shipped_file_is_small_and_safe_to_load():
    assert language._FILE.stat().st_size <= MAX_BYTES
    with np.load(language._FILE, allow_pickle=False) as file:
        keys, counts = file["keys"], file["counts"]
    assert (np.diff(keys.astype(np.int64)) > 0).all()
    assert len(counts) <= language._WIDTH
    assert keys.max() < len(counts) * language._WIDTH


def test_no_pair_stands_oftener_than_its_first_word(words: list[str]):
    first = vietnamese()._keys // language._WIDTH
    together = np.bincount(first, weights=vietnamese()._seen, minlength=len(words))
    assert (together <= vietnamese()._counts).all()


def test_the_language_is_loaded_once():
    assert vietnamese() is vietnamese()


def test_the_file_is_made_again_from_two_tables_of_counts(tmp_path: Path):
    decomposed = unicodedata.normalize("NFD", "quyền")
    (tmp_path / "words.tsv").write_text(
        f"thẩm\t50\n{decomposed}\t30\nquyền\t10\nxyzzy\t20\nhiếm\t1\n", encoding="utf-8"
    )
    with gzip.open(tmp_path / "pairs.tsv.gz", "wt", encoding="utf-8") as file:
        file.write(f"thẩm {decomposed}\t45\nquyền thẩm\t1\nthẩm xyzzy\t9\n")
    language._write(tmp_path / "words.tsv", tmp_path / "pairs.tsv.gz", tmp_path / "made.npz")
    with np.load(tmp_path / "made.npz") as file:
        syllables = bytes(file["syllables"]).decode().split("\n")
        made = Language(syllables, file["counts"], np.stack((file["keys"], file["seen"])))
        assert sorted(syllables) == sorted(["quyền", "thẩm"]), (
            "a foreign word seen 20 times and a rare one are left out"
        )
        assert file["counts"].tolist() == [40, 50]
        assert file["seen"].tolist() == [45]
    assert made.log_p("quyền", "thẩm") > made.log_p("quyền", None) > made.log_p("hiếm", None)
