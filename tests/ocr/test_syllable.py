"""A Vietnamese syllable is an onset, a rhyme and a tone; what is built otherwise is not one."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr import syllable
from ocr.language import vietnamese
from ocr.syllable import is_syllable

TONES = {"level": "", "grave": "\u0300", "acute": "\u0301", "tilde": "\u0303", "hook": "\u0309", "dot": "\u0323"}
STOPPED = (
    "áp",
    "ạp",
    "bắt",
    "tập",
    "sách",
    "lịch",
    "ích",
    "độc",
    "huyết",
    "tuyệt",
    "khuếch",
    "oách",
    "xoạch",
    "hoặc",
    "ướt",
)
RHYMES = re.findall(
    r"\w+",
    """
    a ai am an ang anh ao au ay ăm ăn ăng âm ân âng âu
    ây e em en eng eo ê êm ên ênh êu i ia iêm iên iêng
    iêu im in inh iu o oa oai oam oan oang oanh oao oay oăm oăn
    oăng oe oen oeo oi om on ong oong ô ôi ôm ôn ông ơ ơi
    ơm ơn u ua uân uâng uây uê uênh ui um un ung uôi uôm uôn
    uông uơ uy uya uyên uynh uyu ư ưa ưi ưm ưn ưng ưu ươi ươm
    ươn ương ươu
    """,
)
STOP_RHYMES = re.findall(
    r"\w+",
    """
    ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt
    ich iêc iêp iêt ip it oac oach oap oat oăc oăt oc oet op ot
    ôc ôp ôt ơp ơt uât uc uêch uôc uôt up ut uych uyêt uyt ưc
    ưt ươc ươp ươt
    """,
)


def toned(rhyme: str, tone: str) -> str:
    """The tone on the vowel that has a mark already, else on the first one: where it stands does not matter."""
    parts = unicodedata.normalize("NFD", rhyme)
    at = next((n for n, part in enumerate(parts) if unicodedata.combining(part)), 0) + 1
    return unicodedata.normalize("NFC", parts[:at] + TONES[tone] + parts[at:])


@pytest.mark.parametrize("rhyme", RHYMES)
def test_an_open_rhyme_takes_every_tone(rhyme: str):
    assert [tone for tone in TONES if not is_syllable("h" + toned(rhyme, tone))] == []


@pytest.mark.parametrize("rhyme", STOP_RHYMES)
def test_a_rhyme_that_ends_in_a_stop_takes_acute_and_dot_alone(rhyme: str):
    assert [tone for tone in TONES if is_syllable("h" + toned(rhyme, tone))] == ["acute", "dot"]


@pytest.mark.parametrize("word", STOPPED)
def test_words_that_end_in_a_stop_are_syllables_and_without_their_tone_are_not(word: str):
    assert is_syllable(word)
    bare = "".join(part for part in unicodedata.normalize("NFD", word) if part not in TONES.values())
    assert not is_syllable(unicodedata.normalize("NFC", bare))


@pytest.mark.parametrize(
    "word",
    [
        *("nghiêng", "nghỉ", "ngành", "người", "nhà", "chứng", "ghi", "không", "phường", "thửa", "trường", "đường"),
        *("quyền", "quý", "quốc", "quận", "quê", "quỹ", "quả", "quần", "quen", "quanh", "quét", "quyết", "quỳnh"),
        *("gì", "gìn", "giấy", "giáo", "giữa", "giờ", "gia", "giường", "giếng", "giêng", "giết"),
        *("hòa", "hoà", "thủy", "thuỷ", "ủy", "uỷ", "khỏe", "khoẻ", "tùy", "tuỳ"),
        *("y", "ý", "yên", "yếu", "yêu", "ký", "kỹ", "lý", "mỹ", "sỹ", "ty", "Mỹ", "un"),
        *("ủy", "oan", "uống", "ước", "ưu", "ai", "ở", "ô", "Ứng", "ĐỀ", "Nguyễn", "NGUYỄN", "Huỳnh", "khuỷu", "ngoằn"),
    ],
)
def test_words_of_the_language_are_syllables(word: str):
    assert is_syllable(word)
    assert is_syllable(unicodedata.normalize("NFD", word))
    assert is_syllable(word.upper())


@pytest.mark.parametrize(
    "word",
    [
        *("", "w", "b", "đ", "ng", "qu", "ngh", "computer", "windows", "fax", "zalo", "jean", "forum", "bcd", "nd"),
        *(
            "hoà\u0301",
            "hóà",
            "thậmm",
            "quyềnn",
            "đđi",
            "aa",
            "áá",
            "bac",
            "tap",
            "sach",
            "tập1",
            "1",
            "-",
            "h.a",
            "chính,",
        ),
        *("ngườii", "nhân dân", "nhàg", "strong", "pla", "krông"),
    ],
)
def test_what_is_built_otherwise_is_not_a_syllable(word: str):
    assert not is_syllable(word)


def test_nearly_all_that_offices_write_is_built_like_a_syllable():
    words = [word for word in vietnamese()._number if any(ord(char) > 127 for char in word)]
    strange = [word for word in words if not is_syllable(word)]
    counts = vietnamese()._counts
    share = sum(int(counts[vietnamese()._number[word]]) for word in strange) / float(counts.sum())
    assert share < 0.002, sorted(strange, key=lambda word: -counts[vietnamese()._number[word]])[:40]


@given(onset=st.sampled_from([o for o in syllable._ONSETS if o not in ("gi", "qu")]), rhyme=st.sampled_from(RHYMES))
def test_every_onset_goes_with_every_rhyme_in_any_case_and_form(onset: str, rhyme: str):
    for word in (onset + rhyme, (onset + rhyme).upper(), (onset + rhyme).capitalize()):
        assert is_syllable(word) == is_syllable(unicodedata.normalize("NFD", word)) is True
