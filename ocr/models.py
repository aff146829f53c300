"""Which Vietnamese models are installed, and where: Debian's fast one, and the larger one of better marks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FAST, LARGER = "vie.traineddata", "vie_larger.traineddata"
DEBIAN_PACKAGE = "tesseract-ocr-vie"
OWN_FOLDER = Path(sys.prefix) / "share" / "tessdata"
"""Where set-up puts what Debian has no package for (npm: ``@tesseract.js-data/vie``, 4.0.0_best_int, Apache-2.0)."""
_SYSTEM_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
)


def find_model(name: str) -> Path | None:
    """The file of that name in the first folder that has it; TESSDATA_PREFIX comes first, None where there is none."""
    given = os.environ.get("TESSDATA_PREFIX")
    folders = [*([Path(given)] if given else []), OWN_FOLDER, *map(Path, _SYSTEM_FOLDERS)]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
