"""Makes the files of this folder with LibreOffice, as people's spreadsheets write them.

They are stored, so that no test needs LibreOffice. To make them again:

    apt-get install --no-install-recommends libreoffice-calc
    python tests/config/spreadsheets/make.py
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROWS = (
    ("name", "email", "phone", "agent_id", "timezone", "send_password_reset"),
    ("Jürgen Groß", "juergen@example.com", "+61499000001", "jg1", "Australia/Brisbane", "TRUE"),
    ('Lee; "Bo", Jr', "bo@example.com", "", "b|1", "", "FALSE"),
)
# Separator, quote and character set are numbers in LibreOffice's filter: 59 is `;`, 9 a tab, 44 a comma, 124 `|`.
FILES = {
    "semicolon.csv": "csv:Text - txt - csv (StarCalc):59,34,76",
    "cp1252.csv": "csv:Text - txt - csv (StarCalc):59,34,1",
    "utf16.csv": "csv:Text - txt - csv (StarCalc):9,34,65535",
    "pipe.csv": "csv:Text - txt - csv (StarCalc):124,34,76",
    "quoted.csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true",
    "agents.xlsx": "xlsx:Calc MS Excel 2007 XML",
    "agents.xls": "xls:MS Excel 97",
    "agents.ods": "ods",
}


def flat(rows: tuple[tuple[str, ...], ...]) -> str:
    """Return `rows` as a flat OpenDocument sheet, in which TRUE and FALSE are truth values."""
    lines = []
    for row in rows:
        cells = []
        for cell in row:
            escaped = cell.replace("&", "&amp;").replace('"', "&quot;")
            if cell in ("TRUE", "FALSE"):
                cells.append(f'<table:table-cell office:value-type="boolean" office:boolean-value="{cell.lower()}"/>')
            else:
                cells.append(
                    f'<table:table-cell office:value-type="string"><text:p>{escaped}</text:p></table:table-cell>'
                )
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document{spaces} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body><office:spreadsheet>'
        f'<table:table table:name="Agents">{"".join(lines)}</table:table>'
        "</office:spreadsheet></office:body></office:document>"
    )


def main() -> None:
    """Make all files."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "agents.fods"
        source.write_text(flat(ROWS), encoding="utf-8")
        for name, form in FILES.items():
            command = [
                "soffice",
                "--headless",
                f"-env:UserInstallation=file://{folder}/profile",
                "--convert-to",
                form,
            ]
            subprocess.run([*command, "--outdir", folder, str(source)], check=True, capture_output=True)
            made = Path(folder) / f"agents.{form.partition(':')[0]}"
            (HERE / name).write_bytes(made.read_bytes())


if __name__ == "__main__":
    main()
