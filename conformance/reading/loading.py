"""From a file or standard input to text that can be read, or one line that says what to do instead."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

MOST_BYTES = 50_000_000
LONGEST_NAME = 200

PDF, IMAGE = "pdf", "image"
REMEDIES = {
    PDF: "is a PDF: only text is read; run pdftotext -layout {} - | gradspec check -",
    "presentation": "is a presentation: only text is read; save it as PDF, run pdftotext -layout FILE.pdf - | gradspec check -",
    "document": "is an office document: only text is read; run pandoc {} -t markdown | gradspec check -",
    IMAGE: "is a picture: only text is read; write its formulas as LaTeX into a text file",
    "archive": "is an archive: only text is read; unpack it and name the files in it",
    "binary": "is no text: only Markdown, LaTeX, notebooks, Python and plain text are read; export it as one of these",
}  # fmt: skip
SUFFIXES = {
    **dict.fromkeys([".pdf"], PDF),
    **dict.fromkeys([".pptx", ".ppt", ".odp", ".key", ".ppsx"], "presentation"),
    **dict.fromkeys([".docx", ".doc", ".odt", ".rtf", ".pages"], "document"),
    **dict.fromkeys([".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ico", ".heic"], IMAGE),
    **dict.fromkeys([".zip", ".gz", ".tar", ".tgz", ".xz", ".bz2", ".7z", ".rar"], "archive"),
}
SIGNATURES = (
    (b"%PDF", PDF),
    (b"\x89PNG", IMAGE),
    (b"\xff\xd8\xff", IMAGE),
    (b"GIF8", IMAGE),
    (b"BM", ""),
    (b"\xd0\xcf\x11\xe0", "document"),
    (b"{\\rtf", "document"),
    (b"\x1f\x8b", "archive"),
    (b"\x7fELF", "binary"),
)
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def loaded(path: str) -> str:
    """Return the text of a file, or of standard input for `-`. Raises `ValueError` with one line: value, rule, remedy."""
    name = shown(path)
    if path == "-":
        return text_of(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input", path)
    try:
        file = Path(path)
        mode = file.stat().st_mode
    except FileNotFoundError:
        raise ValueError(f"{name}: no such file; check the name, or write - for standard input") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this cannot be the name of a file"
        raise ValueError(f"{name}: cannot be opened: {reason}; check the name and the rights") from None
    if stat.S_ISDIR(mode):
        raise ValueError(f"{name}: is a folder: one document at a time is read; name a file in it")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{name}: is a device or a pipe: only files are read; send its text to gradspec check -")
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{name}: cannot be read: {error.strerror}; check its rights") from None
    return text_of(data, name, path)


def text_of(data: bytes, name: str, path: str = "") -> str:
    """Return bytes as text with lines that end in a newline sign only. Raises `ValueError` if they are none."""
    if not data.strip():
        raise ValueError(f"{name}: is empty: there is nothing to read; name a file with formulas")
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name}: has more than {MOST_BYTES} bytes: at most so many are read; split it")
    kind = _kind(data, Path(path).suffix.lower())
    if kind:
        raise ValueError(f"{name}: {REMEDIES[kind].format(_quoted(path))}")
    text = _decoded(data)
    if not text.strip():
        raise ValueError(f"{name}: is empty: there is nothing to read; name a file with formulas")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _kind(data: bytes, suffix: str) -> str:
    """What a file is that is no text, as its first bytes and its name tell; empty for a text."""
    head = data[:1024].lstrip()
    for signature, kind in SIGNATURES:
        if kind and head.startswith(signature):
            return kind
    if head.startswith(b"PK\x03\x04"):
        inside = data[:4096] + data[-65536:]
        if b"ppt/" in inside or b"opendocument.presentation" in inside:
            return "presentation"
        return "document" if b"word/" in inside or b"opendocument.text" in inside else SUFFIXES.get(suffix, "archive")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""  # UTF-16
    sample = data[:65536]
    if len(CONTROL.findall(sample)) * 20 > len(sample):
        return SUFFIXES.get(suffix, "binary")
    return ""


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 if it says so; what is neither becomes the sign for that."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").removeprefix("\ufeff")
    return data.decode("utf-8", errors="replace").removeprefix("\ufeff")


def shown(path: str) -> str:
    """Return the name of a file as messages show it."""
    return path if len(path) <= LONGEST_NAME else f"{path[:LONGEST_NAME]}…"


def _quoted(path: str) -> str:
    from shlex import quote

    return "FILE" if path in ("", "-") else quote(shown(path))
