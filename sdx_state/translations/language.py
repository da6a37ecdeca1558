"""Languages as surveys declare them: `default`, `de-default` for a language, `fr-CA` for a locale."""

from __future__ import annotations

import re

from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.translations.errors import TranslationError

_SUFFIX = f"-{DEFAULT_LANGUAGE}"
_TAG = re.compile(r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-(?:[A-Z]{2}|[0-9]{3}))?")


def language_key(name: str) -> str:
    """Return the key in YAML of the language `name`: `de-default` for `de`, `de-DE` for itself.

    Raises:
        TranslationError: It is not a language.
    """
    tag = name.removesuffix(_SUFFIX).replace("_", "-")
    found = _TAG.fullmatch(_in_usual_case(tag))
    if found is None:
        raise TranslationError(
            f"`{name[:40]}` is not a language that a text can have", "Write it as `de`, or as `fr-CA` with a region."
        )
    return found[0] if "-" in found[0] else f"{found[0]}{_SUFFIX}"


def language_tag(key: str) -> str:
    """Return the tag (BCP 47) of the language with the key `key` in YAML: `de` for `de-default`."""
    return key.removesuffix(_SUFFIX)


def _in_usual_case(tag: str) -> str:
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(one.title() if len(one) == 4 else one.upper() for one in rest)])
