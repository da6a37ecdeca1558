"""The users that the files of a section declare."""

from __future__ import annotations

from collections.abc import Callable

from sdx_state.config.files import ProjectFiles
from sdx_state.config.references import References
from sdx_state.config.repeated import Grouped
from sdx_state.config.resources import Declarations, Document
from sdx_state.config.source_text import SourceText
from sdx_state.config.users_csv import Users, read_header, read_rows
from sdx_state.config.users_files import read_users_sheet, users_files
from sdx_state.config.values import FieldReader
from sdx_state.kinds import Kind
from sdx_state.model.diagnostic import Diagnostic


def add_users(
    kind: Kind,
    document: Document,
    declarations: Declarations,
    files: ProjectFiles,
    report: Callable[[Diagnostic], None],
    took: Callable[[str, SourceText | None], None],
) -> dict[str, Users]:
    """Declare the users in the files that the section of `kind` in `document` names.

    Args:
        kind: The kind of users.
        document: The file with the section.
        declarations: Where they are declared.
        files: The files of the project.
        report: Told what is wrong.
        took: Told each file, with its text unless it cannot be read.

    Returns:
        The files by name.
    """
    found = {}
    for name, file in users_files(kind, document, report):
        took(name, None)
        sheet = read_users_sheet(files, name, file, document.source, report)
        if sheet is None:
            continue
        took(name, sheet.source)
        grouped = Grouped(report)
        users = read_header(file, sheet, grouped)
        if users is not None:
            found[name] = users
            reader = FieldReader(sheet.source, References({}), grouped)
            with declarations.reporting_to(grouped):
                for row in read_rows(users, grouped):
                    declarations.add_row(kind, sheet.source, row, reader, file.country_code)
        grouped.close()
    return found
