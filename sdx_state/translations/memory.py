"""`translations.lock`: which translation was made of which text, as hashes, so that a changed text shows.

A line has a language, the hash of a translation and that of its text. The file belongs into the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdx_state.config.files import ProjectFiles
from sdx_state.config.sift import Unreadable
from sdx_state.records import dataclass
from sdx_state.translations.errors import TranslationError

FILE = "translations.lock"
_HEAD = "# Made by `sdx-state translations import`: language, hash of the translation, hash of its text.\n"
_LINE = re.compile(r"(?P<language>[A-Za-z0-9-]{2,20}) (?P<target>[0-9a-f]{16}) (?P<source>[0-9a-f]{16})")

Pair = tuple[str, str, str]  # Language, hash of the translation, hash of its text.


@dataclass(frozen=True)
class Memory:
    """Translations of which it is known what they translate.

    Attributes:
        pairs: Language, hash of the translation and hash of its text.
    """

    pairs: frozenset[Pair] = frozenset()

    def is_outdated(self, language: str, target: str, source: str) -> bool:
        """Tell whether the translation with the hash `target` was made of other texts than that of `source`.

        A translation that was written by hand is not known, and counts as one of its text.
        """
        made_of = {one[2] for one in self.pairs if one[:2] == (language, target)}
        return bool(made_of) and source not in made_of

    def text(self, used: Iterable[tuple[str, str]], added: Iterable[Pair] = ()) -> str:
        """Return the text of the file: `added`, and what is known of the translations that are `used`."""
        kept = set(used)
        lines = sorted({" ".join(one) for one in {*self.pairs, *added} if one[:2] in kept})
        return _HEAD + "".join(f"{line}\n" for line in lines)


def read_memory(files: ProjectFiles) -> Memory:
    """Return what the file of the project says; nothing without one.

    Raises:
        TranslationError: It is not such a file.
    """
    if not files.has(FILE):
        return Memory()
    advice = f"Restore {FILE} from the repository. Without the file, translations of changed texts count as complete."
    try:
        text = files.read(FILE).decode("utf-8-sig")
    except (Unreadable, UnicodeDecodeError) as error:
        raise TranslationError(f"{FILE} cannot be read: {error}", advice) from error
    pairs: set[Pair] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise TranslationError(f"{FILE}:{number}: expected a language and two hashes", advice)
        pairs.add((found["language"], found["target"], found["source"]))
    return Memory(frozenset(pairs))
