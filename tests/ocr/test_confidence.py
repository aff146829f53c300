"""A word's confidence is a chance between 0 and 1 that never says more than the picture and the rivals allow."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ocr.confidence import confidence_of
from ocr.ctc import Peak, Span
from ocr.spelling import Spelt

SPAN = Span(start=0, end=9, peaks=(Peak(output=1, start=3, end=4),))
READ = Spelt(text="quyền", read="quyền", span=SPAN, sure=0.999, won=0.999, seen=0.999, known=True)
CHANCE = st.floats(0, 1)


@st.composite
def words(draw: st.DrawFn) -> Spelt:
    read = draw(st.sampled_from(["quyền", "quyên", "79/2014"]))
    chances = {name: draw(CHANCE) for name in ("sure", "won", "seen")}
    return replace(READ, read=read, known=draw(st.booleans()), **chances)


@given(word=words())
def test_every_word_has_a_confidence_between_nought_and_one(word: Spelt):
    assert 0 <= confidence_of(word) <= 1


@given(word=words(), name=st.sampled_from(["sure", "won"]), lower=CHANCE)
def test_a_word_that_is_less_sure_or_hardly_won_is_not_more_trusted(word: Spelt, name: str, lower: float):
    worse = replace(word, **{name: min(lower, getattr(word, name))})
    assert confidence_of(worse) <= confidence_of(word)


def test_a_word_read_without_doubt_is_trusted():
    assert confidence_of(READ) >= 0.95


def test_a_word_with_one_doubtful_letter_is_not_trusted():
    assert confidence_of(replace(READ, sure=0.5)) < 0.95


def test_a_word_that_hardly_won_is_not_trusted():
    assert confidence_of(replace(READ, won=0.55)) < 0.95


def test_a_word_put_in_is_less_trusted_than_the_same_word_read():
    assert confidence_of(replace(READ, read="quyên")) < confidence_of(READ)


def test_a_word_put_in_against_the_picture_is_not_trusted():
    assert confidence_of(replace(READ, read="quyên", sure=0.6, seen=0.01, won=0.99)) < 0.95


def test_a_word_that_is_none_is_less_trusted_than_one_of_the_language():
    strange = replace(READ, text="quyềm", read="quyềm", known=False)
    assert confidence_of(strange) < confidence_of(READ)
    assert confidence_of(replace(READ, text="-", read="-", known=False)) < confidence_of(READ)
