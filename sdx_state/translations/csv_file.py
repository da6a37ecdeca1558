"""CSV, in UTF-8 with a byte-order mark: without it, Excel reads another encoding."""

from __future__ import annotations

import codecs
import csv
import io

from sdx_state.config.encodings import decoded
from sdx_state.kinds.complaint import Complaint
from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Answers, Exchange
from sdx_state.translations.rows import answers_in, table_of

_SEPARATORS = (",", ";", "\t")


def write(exchange: Exchange) -> bytes:
    """Return `exchange` as CSV."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(table_of(exchange))
    return codecs.BOM_UTF8 + file.getvalue().replace("\0", "\ufffd").encode("utf-8", "replace")


def read(data: bytes) -> Answers:
    """Return the answers in CSV, with the separator and the encoding that a spreadsheet gave it.

    Raises:
        TranslationError: It cannot be read.
    """
    text = decoded(data)
    if isinstance(text, Complaint):
        raise TranslationError(text.message, "Save it as CSV UTF-8.")
    first = text.text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        reader = csv.reader(io.StringIO(text.text, newline=""), delimiter=separator, strict=True)
        return answers_in([(reader.line_num, row) for row in reader if row])
    except csv.Error as error:
        raise TranslationError(f"the file is not valid CSV: {error}", "Save it as CSV UTF-8.") from None
