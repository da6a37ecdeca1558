"""Values of declared and live fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LanguageMap = Mapping[str, str]
Value = str | int | bool | None | LanguageMap | Sequence[Mapping[str, object]]

DEFAULT_LANGUAGE = "default"
