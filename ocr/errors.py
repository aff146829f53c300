"""Everything that can go wrong between bytes and text.

::

    OcrError
    ├── SourceError            this file or page can never be read as it is: a person must look
    │   ├── EmptyFile          no bytes at all
    │   ├── UnknownFormat      none of the formats the counter takes, whatever its ending says
    │   ├── TruncatedFile      begins well, does not decode to its end (a half-written file looks just so)
    │   ├── EncryptedFile      a PDF that wants a password
    │   └── PictureTooLarge    more pixels, pages or bytes than the limits allow; nothing was decoded
    └── EngineError            the recogniser
        ├── EngineMissing      not installed, or without its language: set-up is incomplete
        └── EngineTimeout      took longer than the page's area allows: may pass on another try

``reason`` is a stable key; the words a clerk reads for it live in ``templates/labels.vi.toml``
under ``[reason]``.
"""

from __future__ import annotations

from typing import ClassVar


class OcrError(Exception):
    """Root of the tree. ``reason`` names the fault for labels, rows and the manifest."""

    reason: ClassVar[str] = "ocr"


class SourceError(OcrError):
    """The bytes themselves are at fault; trying again cannot help."""

    reason = "source"


class EmptyFile(SourceError):
    reason = "empty"


class UnknownFormat(SourceError):
    reason = "unknown_format"


class TruncatedFile(SourceError):
    reason = "truncated"


class EncryptedFile(SourceError):
    reason = "encrypted"


class PictureTooLarge(SourceError):
    reason = "too_large"


class EngineError(OcrError):
    reason = "engine"


class EngineMissing(EngineError):
    reason = "engine_missing"


class EngineTimeout(EngineError):
    reason = "engine_timeout"
