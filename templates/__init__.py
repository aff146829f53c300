"""Words and forms, no logic: what the office may change without a programmer.

A file under the office's own ``templates`` directory (the overlay, set in intake.toml) wins over the
shipped file of the same name.
"""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent


def text(name: str, overlay: Path | None = None) -> str:
    """The UTF-8 text of the template ``name`` (a path below this folder); FileNotFoundError if neither has it."""
    ours = overlay / name if overlay is not None else None
    return (ours if ours is not None and ours.is_file() else SHIPPED / name).read_text(encoding="utf-8")


def names(folder: str, overlay: Path | None = None) -> tuple[str, ...]:
    """Template names (``folder/file.toml``) found in the shipped folder or the overlay, sorted, each once."""
    roots = [SHIPPED] if overlay is None else [SHIPPED, overlay]
    return tuple(sorted({f"{folder}/{file.name}" for root in roots for file in (root / folder).glob("*.toml")}))
