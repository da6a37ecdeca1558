"""The formats of translation files, in one table."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from sdx_state.records import dataclass
from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Answers, Exchange


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        module: The module that reads and writes it, imported when it is used.
        suffix: The end of the name of its files.
        is_text: It can be printed.
    """

    module: str
    suffix: str
    is_text: bool = True

    def write(self, exchange: Exchange) -> bytes:
        """Return `exchange` as a file of this format.

        Raises:
            TranslationError: A text cannot be written, or a library is not installed.
        """
        written: bytes = self._module.write(exchange)
        return written

    def read(self, data: bytes) -> Answers:
        """Return the answers in a file of this format.

        Raises:
            TranslationError: It is not one, or a library is not installed.
        """
        answers: Answers = self._module.read(data)
        return answers

    @property
    def _module(self) -> Any:
        return importlib.import_module(f"sdx_state.translations.{self.module}")


FORMATS: Mapping[str, Format] = {
    "xliff": Format("xliff", ".xlf"),
    "xliff2": Format("xliff2", ".xlf"),
    "po": Format("po", ".po"),
    "csv": Format("csv_file", ".csv"),
    "xlsx": Format("xlsx", ".xlsx", is_text=False),
}


def read_answers(data: bytes) -> Answers:
    """Return the answers in the file with the content `data`, whatever its format and its name.

    Raises:
        TranslationError: It is of no known format, damaged, or a library is not installed.
    """
    return FORMATS[_form_of(data)].read(data)


def _form_of(data: bytes) -> str:
    if data.startswith(b"PK"):
        return "xlsx"
    text = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if text.startswith(b"<"):
        return "xliff2" if b"urn:oasis:names:tc:xliff:document:2" in text else "xliff"
    if b"\nmsgid " in b"\n" + text or b"\nmsgctxt " in b"\n" + text:
        return "po"
    if b"translation" in text.lower():
        return "csv"
    raise TranslationError(
        "the file is none of XLIFF, PO, CSV and XLSX", "Name a file that `sdx-state translations export` wrote."
    )
