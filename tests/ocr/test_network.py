"""The network run by ONNX Runtime says what its layers say, whatever lines run beside a line."""

from __future__ import annotations

import os
import time

import cv2
import numpy as np
import pytesseract
import pytest
from PIL import Image, ImageDraw

from ocr import Pixels
from ocr.ctc import Logs, spans
from ocr.errors import EngineTimeout
from ocr.network import STEP_PX, STRIP_PX, LineNetwork, _contrasted
from ocr.traineddata import LineModel, Lstm, read_model
from tests.ocr import made_models as made
from tests.ocr import made_pages

TEXTS = (
    "Trường hợp thiếu giấy tờ, cán bộ ghi rõ những gì cần",
    "Điều 2. Thời hạn giải quyết tính từ ngày 03/02/2026",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Số hồ sơ: 12/2026",
    "nghỉ thì chuyển sang ngày làm việc kế tiếp.",
    "Kính gửi: Ủy ban nhân dân xã",
    "ở",
)


def strip(text: str, size: int = 22) -> Pixels:
    """A line of print with its foot where strips have it."""
    font = made_pages.font(size)
    picture = Image.new("L", (round(font.getlength(text)) + 8, STRIP_PX), 255)
    ImageDraw.Draw(picture).text((4, 26), text, font=font, fill=0, anchor="ls")
    return np.array(picture)


@pytest.fixture(scope="module")
def network() -> LineNetwork:
    return made.fast_network()


@pytest.fixture(scope="module")
def strips() -> list[Pixels]:
    return [strip(text) for text in TEXTS]


def text_of(network: LineNetwork, logs: Logs) -> str:
    words = spans(logs, network.null, network.characters.index(" "))
    return " ".join("".join(network.characters[peak.output] for peak in word.peaks) for word in words)


def test_drawn_lines_are_read(network: LineNetwork, strips: list[Pixels]):
    assert [text_of(network, logs) for logs in network.log_probs(strips)] == list(TEXTS)


def test_a_line_reads_the_same_alone_and_among_others_whatever_their_number_and_order(network, strips):
    alone = [network.log_probs([each])[0] for each in strips]
    order = np.random.default_rng(5).permutation(3 * len(strips)) % len(strips)
    together = network.log_probs([strips[at] for at in order])
    for at, logs in zip(order, together, strict=True):
        np.testing.assert_allclose(np.exp(logs), np.exp(alone[at]), atol=1e-4)
        likely = alone[at] > -12
        np.testing.assert_allclose(logs[likely], alone[at][likely], atol=2e-3)


def test_every_step_is_a_distribution_and_there_is_one_for_every_three_pixels(network, strips):
    for each, logs in zip(strips, network.log_probs(strips), strict=True):
        assert logs.shape == (each.shape[1] // STEP_PX, len(network.characters))
        assert logs.max() <= 1e-6
        np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, atol=1e-4)


def test_strips_too_narrow_for_a_letter_have_no_steps_and_disturb_no_others(network, strips):
    narrow = [np.zeros((STRIP_PX, width), np.uint8) for width in (1, 2, 3, 5)]
    found = network.log_probs([*narrow[:2], strips[0], *narrow[2:]])
    assert [len(logs) for at, logs in enumerate(found) if at != 2] == [0] * 4
    assert found[0].shape == (0, len(network.characters))
    assert text_of(network, found[2]) == TEXTS[0]
    assert network.log_probs([]) == []


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_strip_of_one_grey_has_steps_and_no_words(network, grey: int):
    (logs,) = network.log_probs([np.full((STRIP_PX, 90), grey, np.uint8)])
    assert np.isfinite(logs).all()
    assert len(text_of(network, logs)) <= 1


def test_faint_print_on_grey_paper_reads_like_black_on_white(network, strips):
    faint = [(150 + each.astype(np.uint16) * 60 // 255).astype(np.uint8) for each in strips]
    assert [text_of(network, logs) for logs in network.log_probs(faint)] == list(TEXTS)


def test_a_page_whose_time_is_over_is_not_read_on(network, strips):
    with pytest.raises(EngineTimeout):
        network.log_probs(strips, until=time.monotonic() - 1)
    assert len(network.log_probs(strips, until=time.monotonic() + 60)) == len(strips)


def test_tesseract_itself_reads_the_same_with_the_same_weights(network, monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "OMP_THREAD_LIMIT", "1")
    for text in TEXTS[1:6]:
        page = cv2.copyMakeBorder(strip(text), 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=255)
        path = tmp_path / "line.pgm"
        cv2.imwrite(str(path), page)
        options = f"--oem 1 --psm 7 --tessdata-dir {made.VIETNAMESE.parent}"
        theirs = pytesseract.image_to_string(str(path), lang="vie", config=options).strip()
        (ours,) = network.log_probs([strip(text)])
        assert text_of(network, ours) == theirs == text


# --- against plain NumPy ---------------------------------------------------------------------------------------


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def passed(layer: Lstm, steps: np.ndarray) -> np.ndarray:
    """A layer of cells along the steps, one step after the other."""
    kept, out, found = np.zeros(layer.cells), np.zeros(layer.cells), []
    for step in steps:
        seen = np.concatenate((step, out, [1.0]))
        cell, into, forget, opened = (gate.astype(np.float64) @ seen for gate in layer.gates)
        kept = np.tanh(cell) * sigmoid(into) + kept * sigmoid(forget)
        out = np.tanh(kept) * sigmoid(opened)
        found.append(out)
    return np.array(found)


def by_hand(model: LineModel, picture: np.ndarray) -> np.ndarray:
    """All layers for one line, -1 to 1, paper all round it."""
    padded = np.pad(picture, 1, constant_values=1.0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    flat = windows.transpose(0, 1, 3, 2).reshape(*picture.shape, 9)  # column by column
    matrix = model.convolution.matrix.astype(np.float64)
    features = np.tanh(flat @ matrix[:, :-1].T + matrix[:, -1])
    wide = picture.shape[1] // 3
    pooled = features[:, : wide * 3].reshape(STRIP_PX // 3, 3, wide, 3, -1).max(axis=(1, 3))
    columns = np.array([passed(model.columns, pooled[:, at])[-1] for at in range(wide)])
    forward = passed(model.forward, columns)
    both = passed(model.backward, forward[::-1])[::-1]
    last = np.column_stack((passed(model.last, both), np.ones(wide)))
    scores = last @ model.output.matrix.astype(np.float64).T
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


@pytest.mark.parametrize("width", [6, 30, 31, 32])
def test_the_graph_computes_what_its_layers_say(tmp_path, width: int):
    path = tmp_path / "vie.traineddata"
    path.write_bytes(made.tiny())
    model = read_model(path)
    line = np.random.default_rng(width).integers(0, 256, (STRIP_PX, width), np.uint8)
    (logs,) = LineNetwork(model).log_probs([line])
    within = line[:, : width // STEP_PX * STEP_PX]  # columns past the last whole step are not seen
    np.testing.assert_allclose(logs, by_hand(model, _contrasted(within)), atol=1e-4)
