"""Truth values as spreadsheets and people write them. The platform's upload takes TRUE and FALSE only."""

from __future__ import annotations

from sdx_state.kinds.complaint import Complaint

# The words that spreadsheets in each language show for a truth value, and that their users type.
_TRUE = "true yes y 1 on wahr ja vrai oui verdadero sí si vero sì verdadeiro sim waar prawda tak sant sand tosi kyllä"
_FALSE = "false no n 0 off falsch nein faux non falso não nao onwaar nee fałsz nie falskt falsk epätosi ei nej nei"
_MEANING = {**dict.fromkeys(_TRUE.split(), "TRUE"), **dict.fromkeys(_FALSE.split(), "FALSE")}


def switch(column: str, text: str) -> str | Complaint:
    """Return TRUE or FALSE, as `text` means it, or why the upload would refuse `column`."""
    meant = _MEANING.get(text.strip().casefold())
    return meant or Complaint(
        "invalid-value", f"`{column}` must be TRUE or FALSE, got `{text[:40]}`", "write TRUE or FALSE"
    )
