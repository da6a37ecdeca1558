"""The two wire shapes of surveys and questions. The tenant stores the nested one and answers either.

Source: API reference 1.0.0 (flat), and live answers seen in November 2020 (nested).
"""

from __future__ import annotations

from collections.abc import Mapping

Row = dict[str, object]

# flat name -> path in the nested shape
_SURVEY_TEXTS = {
    "greeting_text": ("greeting_prompt", "text"),
    "instructions_text": ("instructions_prompt", "text"),
    "closing_text": ("closing_prompt", "text"),
    "email_subject": ("email_subject_prompt", "text"),
    "email_from_address": ("email_from_address_prompt", "text"),
    "email_from_name": ("email_from_name_prompt", "text"),
    "greeting_sound_file": ("greeting_prompt", "sound_files"),
    "instructions_sound_file": ("instructions_prompt", "sound_files"),
    "closing_sound_file": ("closing_prompt", "sound_files"),
}
_QUESTION_TEXTS = {
    "question_text": ("question_prompt", "text"),
    "question_sound_file": ("question_prompt", "sound_files"),
}
TEXTS = {"surveys": _SURVEY_TEXTS, "questions": _QUESTION_TEXTS}
# Scalars of both shapes -> the answer for an empty one.
PLAIN: dict[str, dict[str, object]] = {
    "surveys": {"name": "", "description": "", "inbound_number": "", "outbound_number": "", "sms_number": ""},
    "questions": {"max_response": None, "question_type": "text", "question_label": ""},
    "users": {"name": "", "agent_id": "", "phone": "", "timezone": ""},
}
NESTED_ONLY = {
    "surveys": frozenset({"invalid_response_prompt", "logo_prompt", "redirect_prompt", "redirect_timeout"}),
    "questions": frozenset(
        {
            "agent_score",
            "compulsory",
            "disabled",
            "transcribe",
            "timeout",
            "response_options",
            "scale_label_min_prompt",
            "scale_label_mid_prompt",
            "scale_label_max_prompt",
        }
    ),
}


def to_inner(collection: str, row: Mapping[str, object], kept: Mapping[str, object] | None = None) -> Row:
    """Return the stored form of `row`, in any shape.

    Args:
        collection: `surveys`, `questions` or `users`.
        row: A resource as a client sends it.
        kept: Stored values that the flat shape does not show; a flat `row` does not change them.
    """
    texts = TEXTS.get(collection, {})
    inner: Row = dict(kept or {})
    for name, value in row.items():
        if name not in texts:
            inner[name] = value
    for name, (prompt, part) in texts.items():
        if name not in row:
            continue
        value = row[name]
        parts = inner.get(prompt)
        both = dict(parts) if isinstance(parts, Mapping) else {}
        if value in (None, ""):
            both.pop(part, None)
        else:
            both[part] = {"default": value}
        inner[prompt] = both
    return inner


def to_flat(collection: str, inner: Mapping[str, object]) -> Row:
    """Return `inner` as API 1.0.0 shows it: the default language, and no later fields."""
    texts = TEXTS.get(collection, {})
    hidden = {prompt for prompt, _ in texts.values()} | NESTED_ONLY.get(collection, frozenset())
    row: Row = {**PLAIN[collection], **{name: value for name, value in inner.items() if name not in hidden}}
    for name, (prompt, part) in texts.items():
        parts = inner.get(prompt)
        languages = parts.get(part) if isinstance(parts, Mapping) else None
        row[name] = languages.get("default", "") if isinstance(languages, Mapping) else ""
    return row


def to_nested(collection: str, inner: Mapping[str, object]) -> Row:
    """Return `inner` as live answers showed it in 2020."""
    row: Row = {**PLAIN[collection], **inner}
    for prompt, _ in TEXTS.get(collection, {}).values():
        parts = row.get(prompt)
        row[prompt] = {"text": {}, **(parts if isinstance(parts, Mapping) else {})}
    return row


def hidden_from_flat(collection: str, inner: Mapping[str, object]) -> Row:
    """Return the values that a replacement in the flat shape does not change, because it does not show them."""
    return {name: value for name, value in inner.items() if name in NESTED_ONLY.get(collection, frozenset())}
