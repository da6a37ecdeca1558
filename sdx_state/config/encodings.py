"""Which characters the bytes of a spreadsheet's text file are: UTF-8, UTF-16, or what Windows calls ANSI.

The statistics of charset-normalizer are not asked: of ten short lists of names, it takes seven for another encoding.
A file is read where the letters leave one reading only, and else its encoding has to be named.
"""

from __future__ import annotations

import codecs
import re

from sdx_state.kinds.complaint import Complaint
from sdx_state.records import dataclass

NAMED = ("utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_SAVE = 'save it as "CSV UTF-8", or name its encoding: csv: {file: FILE, encoding: cp1252}'

# The letters beyond ASCII of languages, by the Windows encoding that has them. Source: Unicode CLDR, main exemplars.
_WESTERN = ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "ãáàâçéêíóôõú", "àéèìíòóùú", "æøåéöä", "éëïöüèê", "àçéèíïóòúü")
_OTHERS = {
    "cp1250": (
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "äöüß"
    ),
    "cp1254": ("çğıiöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
}  # fmt: skip
_TYPOGRAPHIC = frozenset("’‘“”–—€«»·\u00a0")
_INSIDE = re.compile(r"[^\W\d_][‘“”–—€«»·][^\W\d_]|[^\W\d_]’(?![A-ZÀ-ÖØ-Þst])[^\W\d_]")
_FOREIGN_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_a-zA-Z]{2,}(?![^\W\d_])")


@dataclass(frozen=True)
class Decoded:
    """The text of a file, without a byte-order mark, and the encoding it is in, as codecs name it."""

    text: str
    encoding: str


def decoded(data: bytes, named: str | None = None) -> Decoded | Complaint:
    """Return the text that `data` is, or why its encoding is unknown.

    Args:
        data: The content of a file.
        named: The encoding that the user names, one of `NAMED`.
    """
    if data.startswith(_UTF32):
        return Complaint("invalid-encoding", "this file is UTF-32", 'save it as "CSV UTF-8"')
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding)
    if named == "utf-16":
        return _wide(data) or Complaint("invalid-encoding", "this file is not UTF-16", _SAVE)
    if named is not None:
        return _strictly(data, named)
    if b"\0" in data:
        return _wide(data) or _strictly(data, "utf-8")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _western(data)


def _strictly(data: bytes, encoding: str) -> Decoded | Complaint:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        return Complaint("invalid-encoding", f"line {line} is not valid {encoding.upper()}", _SAVE)


def _wide(data: bytes) -> Decoded | None:
    """Return the text of UTF-16 without a mark: only the right order of bytes has line ends and separators."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and ("\n" in text or "\r" in text) and any(one in text for one in ",;\t|"):
            return Decoded(text, encoding)
    return None


def _western(data: bytes) -> Decoded | Complaint:
    """Return the text in cp1252 if no other encoding gives names that people could have."""
    unclear = Complaint(
        "invalid-encoding", "this file is not UTF-8, and its letters do not tell which encoding it is in", _SAVE
    )
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return unclear
    if not _is_plausible(text, _WESTERN) or _INSIDE.search(text) or _FOREIGN_WORD.search(text):
        return unclear
    for encoding, alphabets in _OTHERS.items():
        other = data.decode(encoding, "replace")
        if other != text and _is_plausible(other, alphabets):
            return unclear
    return Decoded(text, "cp1252")


def _is_plausible(text: str, alphabets: tuple[str, ...]) -> bool:
    """Tell whether the letters of `text` beyond ASCII are those of one language."""
    letters = {one for one in set(text) if not one.isascii()} - _TYPOGRAPHIC
    return any(letters <= {*alphabet, *alphabet.upper()} for alphabet in alphabets)
