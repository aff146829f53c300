"""What a file may cost before anything of it is decoded, and what an examination reports."""

from __future__ import annotations

from dataclasses import dataclass

from ocr.errors import PictureTooLarge


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds checked on headers, before a single pixel is decoded.

    ``max_pixels`` is width x height of one page (an A0 sheet at 300 dpi has 139 million);
    ``pdf_dpi`` is used for PDF pages without a scanned picture whose own resolution could be kept.
    """

    max_bytes: int = 1 << 30
    max_pixels: int = 150_000_000
    max_frames: int = 5000
    pdf_dpi: int = 300

    def admit_bytes(self, size: int) -> None:
        """Raise :class:`PictureTooLarge` when a file of ``size`` bytes is more than we take."""
        if size > self.max_bytes:
            raise PictureTooLarge(f"{size} bytes, the limit is {self.max_bytes}")

    def admit_pixels(self, width: int, height: int) -> None:
        """Raise :class:`PictureTooLarge` when a page of this size (pixels) must not be decoded."""
        if width * height > self.max_pixels:
            raise PictureTooLarge(f"{width} x {height} pixels, the limit is {self.max_pixels}")

    def admit_frames(self, count: int) -> None:
        """Raise :class:`PictureTooLarge` when a file of ``count`` pages is more than we take."""
        if count > self.max_frames:
            raise PictureTooLarge(f"{count} pages, the limit is {self.max_frames}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFacts:
    """One page of a file, size in pixels as it will be decoded (0 x 0 where that is unknown).

    ``fault`` is the ``reason`` of the :class:`ocr.errors.SourceError` that stops this page alone, None for a
    good page. ``separator`` is the dossier a separator sheet names ('' for a plain one), None for ordinary paper.
    """

    width: int
    height: int
    fault: str | None = None
    separator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a file is, by its bytes: ``kind`` as 'jpeg', ``suffix`` as '.jpg', and its pages in order."""

    kind: str
    suffix: str
    frames: tuple[FrameFacts, ...]
