"""The files of a new project."""

from __future__ import annotations

from pathlib import Path

from sdx_state.config.schema import schema_text
from sdx_state.state.files import open_folder

IGNORE = ".gitignore"
IGNORED = (".sdx/", "handoff/", "sdx-state-rescue*.json")
SCHEMAS = ".schemas"  # in Git, so that the line that names them is right in every clone

# Editors that speak to yaml-language-server complete and check with the schema that this line names.
_SCHEMA_LINE = "# yaml-language-server: $schema={schema}\n"

_PROJECT = """\
sdx: 1
api:
  host: {host} # the host that you log in to
# tenant: 00000000-0000-4000-8000-000000000000 # your customer UUID: then wrong credentials are an error
limits: {{deletes: 3, deletes_percent: 10}}
"""
_VARIABLES = "variables: {company: Acme}\n"

_SURVEY = """\
surveys:
  support-csat:
    name: Support CSAT
    greeting_text: Thank you for calling ${var.company}. Two short questions.
    closing_text: Thank you. Goodbye.
    questions: # in the order asked
      - question_label: NPS
        question_text: How likely are you to recommend ${var.company}, from 0 to 10?
        question_type: nps
        max_response: 10
      - question_label: Reason
        question_text: What is the main reason for your score?
        question_type: text
"""


EXAMPLE = "surveys/support-csat.yaml"


def is_example(name: str, text: str) -> bool:
    """Tell whether the file `name` is the first survey as `scaffold` wrote it, unchanged."""
    return name == EXAMPLE and text.replace("\r\n", "\n").removeprefix(_schema_line(EXAMPLE, "resources")) == _SURVEY


def _schema_line(name: str, schema: str) -> str:
    reference = Path(*[".."] * name.count("/"), SCHEMAS, f"{schema}.schema.json")
    return _SCHEMA_LINE.format(schema=reference.as_posix())


def scaffold(folder: Path, host: str, *, sample: bool = False) -> list[Path]:
    """Write a project that validates into `folder` and return what was written. Existing files are kept.

    Args:
        folder: Where `sdx.yaml` goes.
        host: The host of the API.
        sample: Write a first survey too.

    Raises:
        OSError: A file could not be written, or is a link, which Git would not follow either.
    """
    project = _schema_line("sdx.yaml", "project") + _PROJECT.format(host=host)
    texts = {"sdx.yaml": project + _VARIABLES * sample}
    if sample:
        texts[EXAMPLE] = _schema_line(EXAMPLE, "resources") + _SURVEY
    texts |= {f"{SCHEMAS}/{name}.schema.json": schema_text(name) for name in ("project", "resources")}
    written = []
    for name, text in texts.items():
        path = folder / name
        with open_folder(path.parent, below=folder, shared=True, create=True) as opened:
            if opened.found(path.name) is None:
                opened.write(path.name, text.encode(), None)
                written.append(path)
    with open_folder(folder, shared=True) as opened:
        lines = opened.read(IGNORE).decode().splitlines() if opened.found(IGNORE) is not None else []
        missing = [line for line in IGNORED if line not in lines]
        if missing:
            opened.write(IGNORE, ("\n".join([*lines, *missing]) + "\n").encode(), None)
            written.append(folder / IGNORE)
    return written
