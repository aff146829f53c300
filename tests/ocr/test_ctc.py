"""The probability of a text is the sum over every way to read it; words are cut where the best path has spaces."""

from __future__ import annotations

from itertools import groupby, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr.ctc import Logs, Peak, Span, log_p, others, spans

SPACE, A, B, NULL = 0, 1, 2, 3


def sure(*outputs: int, of: int = 4, share: float = 0.97) -> Logs:
    """Steps at which the network names these outputs with this probability, the rest shared among the others."""
    logs = np.full((len(outputs), of), (1 - share) / (of - 1))
    logs[np.arange(len(outputs)), outputs] = share
    return np.log(logs).astype(np.float32)


def read_by(path: tuple[int, ...], null: int = NULL) -> tuple[int, ...]:
    return tuple(output for output, _ in groupby(path) if output != null)


@st.composite
def small_logs(draw: st.DrawFn) -> Logs:
    """At most 5 steps of at most 4 outputs, some of them all but impossible; the last output is the null."""
    steps, outputs = draw(st.integers(1, 5)), draw(st.integers(2, 4))
    share = st.floats(0, 1) | st.sampled_from([1e-12, 1.0])
    shares = np.array(
        draw(st.lists(st.lists(share, min_size=outputs, max_size=outputs), min_size=steps, max_size=steps))
    )
    shares += 1e-12
    return np.log(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def enumerated(logs: Logs) -> dict[tuple[int, ...], float]:
    """The probability of every text by all paths that read so."""
    null = logs.shape[1] - 1
    found: dict[tuple[int, ...], float] = {}
    for path in product(range(logs.shape[1]), repeat=len(logs)):
        text = read_by(path, null)
        found[text] = found.get(text, 0.0) + float(np.exp(sum(float(logs[at, out]) for at, out in enumerate(path))))
    return found


@settings(max_examples=60, deadline=None)
@given(logs=small_logs())
def test_the_probability_of_a_text_is_that_of_all_its_paths_together(logs: Logs):
    expected = {text: share for text, share in enumerated(logs).items() if text}
    found = np.exp(log_p(logs, list(expected), logs.shape[1] - 1))
    np.testing.assert_allclose(found, list(expected.values()), rtol=1e-4, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(logs=small_logs(), data=st.data())
def test_a_text_has_the_same_probability_alone_and_among_longer_ones(logs: Logs, data: st.DataObject):
    null = logs.shape[1] - 1
    texts = data.draw(st.lists(st.lists(st.integers(0, null - 1), min_size=1, max_size=4), min_size=1, max_size=5))
    together = log_p(logs, texts, null)
    alone = [log_p(logs, [text], null)[0] for text in texts]
    np.testing.assert_allclose(np.exp(together), np.exp(alone), rtol=1e-6)


def test_a_text_longer_than_its_steps_is_impossible():
    assert np.exp(log_p(sure(A, B), [[A, B, A]], NULL)[0]) == 0


def test_a_doubled_letter_needs_a_null_between():
    without, parted = sure(A, A, A), sure(A, NULL, A)
    doubled, single = [A, A], [A]
    assert np.diff(log_p(without, [doubled, single], NULL))[0] > 3
    assert np.diff(log_p(parted, [doubled, single], NULL))[0] < -3
    assert np.exp(log_p(sure(A, A), [doubled], NULL)[0]) == 0


def test_the_best_paths_own_text_is_the_likeliest_where_the_network_is_sure():
    logs = sure(NULL, A, A, NULL, B, NULL)
    texts = [[A, B], [A], [B], [B, A], [A, A, B], [A, B, B]]
    assert int(log_p(logs, texts, NULL).argmax()) == 0


# --- words -----------------------------------------------------------------------------------------------------


def words_of(logs: Logs) -> list[tuple[int, ...]]:
    return [tuple(peak.output for peak in span.peaks) for span in spans(logs, NULL, SPACE)]


def test_spaces_part_words_however_many_there_are():
    assert words_of(sure(SPACE, A, SPACE, SPACE, NULL, SPACE, B, A, SPACE)) == [(A,), (B, A)]


def test_letters_on_steps_in_a_row_are_one_and_after_a_null_two():
    assert words_of(sure(A, A, A, B)) == [(A, B)]
    assert words_of(sure(A, NULL, A, B)) == [(A, A, B)]


def test_a_word_reaches_from_space_to_space_and_its_letters_lie_where_they_were_named():
    (first, second) = spans(sure(NULL, A, A, NULL, SPACE, NULL, B, NULL), NULL, SPACE)
    assert first == Span(start=0, end=4, peaks=(Peak(output=A, start=1, end=3),))
    assert second == Span(start=5, end=8, peaks=(Peak(output=B, start=6, end=7),))


@pytest.mark.parametrize("logs", [np.zeros((0, 4), np.float32), sure(NULL), sure(SPACE), sure(NULL, SPACE, NULL)])
def test_a_line_without_letters_has_no_words(logs: Logs):
    assert spans(logs, NULL, SPACE) == []


@given(path=st.lists(st.integers(0, 3), max_size=12))
def test_words_are_what_reading_the_best_path_gives(path: list[int]):
    logs = sure(*path) if path else np.zeros((0, 4), np.float32)
    found = spans(logs, NULL, SPACE)
    bits = " ".join(map(str, read_by(tuple(path)))).split(str(SPACE))
    assert words_of(logs) == [tuple(map(int, bit.split())) for bit in bits if bit.strip()]
    assert all(before.end <= after.start for before, after in pairwise(found))
    for span in found:
        assert span.start <= span.peaks[0].start
        assert span.peaks[-1].end <= span.end
        assert all(path[at] == peak.output for peak in span.peaks for at in range(peak.start, peak.end))


def test_what_else_was_thought_of_comes_likeliest_first_without_what_was_read():
    logs = np.log(np.array([[0.01, 0.9, 0.06, 0.03], [0.01, 0.9, 0.01, 0.08]], np.float32))
    peak = Peak(output=A, start=0, end=2)
    span = Span(start=0, end=2, peaks=(peak,))
    assert others(logs, span, peak, np.log(0.02)) == [NULL, B]
    assert others(logs, span, peak, np.log(0.5)) == []


def test_what_was_thought_of_in_the_next_word_does_not_count():
    logs = np.concatenate((sure(A, share=0.999), sure(SPACE), sure(B)))
    span = spans(logs, NULL, SPACE)[0]
    assert B not in others(logs, span, span.peaks[0], np.log(0.02))
