"""Tesseract's model file is read as it is; whatever is not such a file is a missing engine, never a crash."""

from __future__ import annotations

import resource
import struct
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocr.errors import EngineMissing
from ocr.network import LineNetwork
from ocr.traineddata import LineModel, read_model
from tests.ocr import made_models as made

VOWELS, TONES = "aăâeêioôơuưy", ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
UNTAUGHT = {"ỵ", "Ỵ"}
"""Tesseract's Vietnamese models were not taught it; new spelling writes 'kị, lị' for 'kỵ, lỵ'."""
SPARE_BYTES = 256 << 20
RELAXED = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def _little_memory() -> Iterator[None]:
    """A file that asks for gigabytes fails here instead of taking the machine down."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + SPARE_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def read(tmp_path: Path):
    def of(data: bytes) -> LineModel:
        path = tmp_path / "vie.traineddata"
        path.write_bytes(data)
        return read_model(path)

    return of


# --- what is in a good file ------------------------------------------------------------------------------------


def test_the_installed_model_has_the_layers_that_its_own_specification_names():
    model = read_model(made.VIETNAMESE)  # Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c
    assert model.convolution.matrix.shape == (16, 3 * 3 + 1)
    sizes = [(each.inputs, each.cells) for each in (model.columns, model.forward, model.backward, model.last)]
    assert sizes == [(16, 48), (48, 96), (96, 96), (96, 192)]
    assert model.output.matrix.shape == (len(model.characters), 192 + 1)
    assert all(np.isfinite(gate).all() for gate in model.last.gates)


def test_every_vietnamese_letter_with_every_tone_has_one_output_of_its_own():
    small = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES} | set(
        "bcdđghklmnpqrstvx"
    )
    characters = read_model(made.VIETNAMESE).characters
    missing = {letter for each in small for letter in (each, each.upper())} - set(characters)
    assert missing == UNTAUGHT
    assert set("0123456789.,;:/-() ") <= set(characters)
    assert len(set(characters)) == len(characters)


def test_the_null_and_only_the_null_writes_nothing():
    model = read_model(made.VIETNAMESE)
    assert [at for at, each in enumerate(model.characters) if not each] == [model.null]
    assert all(len(each) == 1 for at, each in enumerate(model.characters) if at != model.null)


def test_a_model_written_by_the_tests_is_read_back_weight_by_weight(read):
    model = read(made.tiny())
    assert model.characters == (*made.LETTERS, "")
    assert model.null == made.NULL
    np.testing.assert_allclose(model.convolution.matrix, made.weights(made.FEATURES, 10, 1), rtol=1e-6)
    for gate, matrix in enumerate(model.backward.gates):
        np.testing.assert_allclose(matrix, made.weights(made.CELLS, 2 * made.CELLS + 1, 30 + gate), rtol=1e-6)


def test_whole_numbers_are_multiplied_by_the_scale_of_their_row(read):
    whole = np.arange(-10, 10).reshape(made.FEATURES, 10)
    model = read(made.tiny(layers=made.layers(first=made.scaled_bytes(whole, [0.5, 3.0]))))
    np.testing.assert_array_equal(model.convolution.matrix, whole * np.array([[0.5], [3.0]]))


# --- what is not a good file -----------------------------------------------------------------------------------

HOSTILE = {
    "empty": b"",
    "text": "Đây không phải là một mô hình.\n".encode() * 50,
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
    "no parts": made.container({}),
    "4 billion parts": struct.pack("<I", 0xFFFFFFFF) + bytes(400),
    "offsets past the end": struct.pack("<I24q", 24, *[1 << 62] * 24),
    "only layers": made.container({17: made.layers() + made.tail()}),
    "another height of lines": made.tiny(layers=made.layers(height=48)),
    "gates that do not fit": made.tiny(
        layers=made.layers().replace(struct.pack("<II", 5, 10), struct.pack("<II", 10, 5))
    ),
    "more outputs than characters": made.tiny(layers=made.layers(outputs=made.NULL + 2)),
    "fewer outputs than characters": made.tiny(layers=made.layers(outputs=made.NULL)),
    "characters of several codes, as Chinese has": made.tiny(recoder=made.recoder(length=2)),
    "4 billion characters": made.tiny(recoder=struct.pack("<I", 0xFFFFFFFF) + made.recoder()[4:]),
    "an output of 2 billion": made.tiny(recoder=made.recoder((0, made.NULL, 1, 0x7FFFFFFF))),
    "an output below nought": made.tiny(recoder=made.recoder((0, made.NULL, 1, 2, -4))),
    "a null of 2 billion": made.tiny(tail=made.tail(0x7FFFFFFF)),
    "a null below nought": made.tiny(tail=made.tail(-1)),
    "no space among the characters": made.tiny(recoder=made.recoder((made.NULL, made.NULL, 1, 2))),
    "a table that is not UTF-8": made.tiny(unicharset=made.unicharset().replace("ế".encode(), b"\xff\xfe")),
    "a huge matrix": made.tiny(layers=made.layers(first=struct.pack("<BII", 129, 4096, 4096) + bytes(100))),
    "a matrix without rows": made.tiny(layers=made.layers(first=struct.pack("<BII", 129, 0, 10) + bytes(100))),
    "a matrix of an old kind": made.tiny(layers=made.layers(first=struct.pack("<BII", 1, 2, 10) + bytes(100))),
    "too few scales": made.tiny(layers=made.layers(first=made.scaled_bytes(np.ones((made.FEATURES, 10)), [1.0]))),
    "weights that are no numbers": made.tiny(layers=made.layers(first=made.doubles(np.full((2, 10), np.nan)))),
    "weights too large for floats": made.tiny(layers=made.layers(first=made.doubles(np.full((2, 10), 1e300)))),
    "features of another number": made.tiny(layers=made.layers(first=made.doubles(np.ones((made.FEATURES + 1, 10))))),
    "a kernel of another size": made.tiny(layers=made.layers(first=made.doubles(np.ones((made.FEATURES, 9))))),
    "one layer wider than the next takes": made.tiny(layers=made.layers(cells=made.CELLS + 1)),
    "ten thousand stacks in each other": made.tiny(layers=made.stack("Series", b"")[:-4] * 10_000),
    "an unknown layer": made.tiny(layers=made.layers().replace(b"Maxpool", b"Minpool")),
}


@pytest.mark.usefixtures("_little_memory")
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_a_vietnamese_model_is_a_missing_engine(read, data):
    with pytest.raises(EngineMissing, match=r"vie\.traineddata|gates"):
        read(data)


def test_a_file_that_is_no_file_is_a_missing_engine(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "vie.traineddata" / "below"):
        with pytest.raises(EngineMissing):
            read_model(path)


def test_a_file_of_gigabytes_is_not_even_opened(tmp_path: Path):
    path = tmp_path / "vie.traineddata"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(EngineMissing, match="bytes"):
        read_model(path)


@RELAXED
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_model_cut_short_anywhere_before_the_end_of_its_characters_is_a_missing_engine(tmp_path: Path, share: float):
    whole = made.VIETNAMESE.read_bytes()
    offsets = struct.unpack_from("<24q", whole, 4)
    path = tmp_path / "vie.traineddata"
    path.write_bytes(whole[: int(offsets[23] * share)])  # part 23 is but the version of the program that wrote it
    with pytest.raises(EngineMissing):
        read_model(path)


@pytest.mark.usefixtures("_little_memory")
@pytest.mark.parametrize("value", [0x7F, 0xFF])
def test_a_wrong_byte_anywhere_makes_a_missing_engine_or_a_model_of_the_same_shape(read, value: int):
    good = made.tiny()
    shape = _shape(read(good))
    for at in range(len(good)):
        try:
            model = read(good[:at] + bytes((value,)) + good[at + 1 :])
        except EngineMissing:
            continue
        assert _shape(model) == shape, f"byte {at}"
        assert 0 <= model.null < len(model.characters), f"byte {at}"


def _shape(model: LineModel) -> tuple[object, ...]:
    lstms = (model.columns, model.forward, model.backward, model.last)
    return (
        model.convolution.matrix.shape,
        model.output.matrix.shape,
        *((each.inputs, each.cells, *(gate.shape for gate in each.gates)) for each in lstms),
    )


@RELAXED
@given(data=st.data())
def test_whatever_is_taken_for_a_model_can_be_run(tmp_path: Path, data: st.DataObject):
    """Pieces of a good file overwritten by others of it: numbers stay plausible, their order does not."""
    good = made.tiny()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(good) - 1)] * 2)))
    source = data.draw(st.integers(0, len(good) - 1))
    length = min(end - start, 16, len(good) - source)
    path = tmp_path / "vie.traineddata"
    path.write_bytes(good[:start] + good[source : source + length] + good[start + length :])
    try:
        model = read_model(path)
    except EngineMissing:
        return
    (logs,) = LineNetwork(model).log_probs([np.full((36, 30), 255, np.uint8)])
    assert logs.shape == (10, len(model.characters))
