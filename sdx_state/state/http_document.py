"""The document of an HTTP state: all objects of a state in one JSON value, with a serial for the server."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import field

from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import mapping_of, member, member_or, natural, record, text
from sdx_state.records import dataclass
from sdx_state.state.errors import StateUnusable
from sdx_state.state.store import FOREIGN_ADVICE


@dataclass(frozen=True)
class Document:
    """Content of the address.

    Attributes:
        serial: Number of the write that stored it; 0 if there is none.
        objects: Key -> content, and the serial that wrote it.
        writer: ID of the lock under which it was written.
    """

    serial: int = 0
    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    writer: str = ""

    def encoded(self) -> bytes:
        """Return the document as JSON, with the `serial` where the servers look for it."""
        objects = {
            key: {"content": base64.b64encode(content).decode("ascii"), "serial": serial}
            for key, (content, serial) in self.objects.items()
        }
        return json.dumps(
            {"version": 4, "serial": self.serial, "sdx": 1, "writer": self.writer, "objects": objects}
        ).encode()


def document_in(body: bytes, where: str) -> Document:
    """Return the document in an answer.

    Raises:
        StateUnusable: It is not a document of this program, or is of a newer version.
    """
    try:
        document = record(parse(body, OWN_DEPTH))
        version = member(document, "sdx", natural)
        if version != 1:
            raise StateUnusable(f"{where} was written by a newer version of sdx-state", "Update sdx-state.")
        objects = {
            key: (base64.b64decode(member(one, "content", text), validate=True), member(one, "serial", natural))
            for key, one in member(document, "objects", mapping_of(record)).items()
        }
        return Document(member(document, "serial", natural), objects, member_or(document, "writer", text, ""))
    except (DecodingError, binascii.Error) as error:
        what = "is empty" if not body.strip() else "is not a state of sdx-state"
        raise StateUnusable(f"{where} {what}", FOREIGN_ADVICE) from error
