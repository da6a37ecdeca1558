"""The texts of a project that are translated into a language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdx_state.config.tree import Table, items, table
from sdx_state.kinds import KINDS, Kind, children_of
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.segments import message_segments
from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.resource import Desired, Source
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.records import dataclass
from sdx_state.translations.memory import Memory
from sdx_state.translations.text import Occurrence, Status, Text, text_hash
from sdx_state.translations.written import Written

OPTION_TEXT = "text"
SHOWN = 100  # Characters of the question before.


@dataclass(frozen=True)
class Use:
    """One use of a text: what is written there, and where."""

    occurrence: Occurrence
    source: str
    target: str | None


def texts_of(uses: Sequence[Use], language: str, memory: Memory) -> list[Text]:
    """Return the texts in `uses`, equal ones once, in the order of their first uses.

    Texts that are equal and translated in different ways stay apart, for each of them is answered.
    """
    by_source: dict[str, list[Use]] = {}
    for use in uses:
        by_source.setdefault(text_hash(use.source), []).append(use)
    texts = []
    for source_hash, same in by_source.items():
        targets = dict.fromkeys(text_hash(use.target) for use in same if use.target is not None)
        first = next(iter(targets), "")
        for target_hash in targets or {"": None}:
            mine = [
                use for use in same if (text_hash(use.target) if use.target is not None else first) == target_hash
            ]
            target = next((use.target for use in mine if use.target is not None), None)
            status: Status = "complete"
            if any(use.target is None for use in mine):
                status = "missing"
            elif memory.is_outdated(language, target_hash, source_hash):
                status = "outdated"
            id = source_hash if target_hash == first else text_hash(f"{mine[0].source}\0{target}")
            texts.append(Text(id, mine[0].source, target, status, tuple(use.occurrence for use in mine)))
    return texts


def uses_of(
    resources: Mapping[Address, Desired], written: Written, language: str, sms_segments: int
) -> Iterator[Use]:
    """Yield each use of a text of the default language, in the order of the resources.

    Args:
        resources: What is declared.
        written: Where.
        language: The key of the language that it is translated into.
        sms_segments: Text messages that a text of a survey may take that sends them.
    """
    for family in _families(resources):
        top = family[0]
        texting = any(top.values.get(field.name) for field in KINDS[top.kind].fields if field.texting)
        asked = ""
        for desired in family:
            for found in _fields(desired, written, language):
                if not found.text.strip():
                    continue
                limit = max(sms_segments, message_segments(found.text)[0]) if texting and found.is_texted else None
                context = _context(found.label, top, desired, asked, len(family) - 1)
                place = Occurrence(desired.address, found.path, found.default, found.written, context, limit)
                yield Use(place, found.text, found.target or None)
            if desired is not top:
                asked = _default_text(desired) or asked


@dataclass(frozen=True)
class _Found:
    """A field, or an option of one, with a text for each language.

    Attributes:
        path: The field, with the place in it.
        label: Its label.
        default: The place of the key that has the text in the default language.
        text: That text.
        written: The place of the key that has the translation, None if there is none.
        target: The translation, None if there is none.
        is_texted: It may be sent as a text message.
    """

    path: FieldPath
    label: str
    default: Source
    text: str
    written: Source | None
    target: str | None
    is_texted: bool = False


def _fields(desired: Desired, written: Written, language: str) -> Iterator[_Found]:
    for field in KINDS[desired.kind].fields:
        if field.name not in desired.values:
            continue
        if field.translated:
            default = _place(desired, field.name, DEFAULT_LANGUAGE) or _place(desired, field.name)
            slot = written.slot(default) if default is not None else None
            if default is None or slot is None or slot.text is None:
                continue
            place = _place(desired, field.name, language)
            target = written.slot(place) if place is not None else None
            yield _Found(
                FieldPath(field.name),
                field.label,
                default,
                slot.text,
                place if target is not None else None,
                target.text if target is not None else None,
                field.name.endswith("_text"),
            )
        elif field.type is FieldType.OPTIONS:
            yield from _options(desired, field, written, language)


def _place(desired: Desired, name: str, language: str = "") -> Source | None:
    """Return the place of the field `name`, or of its text in `language`; None if that is not declared."""
    path = FieldPath.of(name, language)
    return desired.source_of(path) if desired.positions.get(path) else None


def _options(desired: Desired, field: Field, written: Written, language: str) -> Iterator[_Found]:
    place = _place(desired, field.name)
    listed = written.slot(place) if place is not None else None
    if place is None or listed is None:
        return
    for index, node in enumerate(items(listed.value)):
        option = table(node)
        if OPTION_TEXT not in option:
            continue
        inner = option[OPTION_TEXT]
        texts, key = (inner, DEFAULT_LANGUAGE) if isinstance(inner, Table) else (option, OPTION_TEXT)
        text = texts.get(key)
        if not isinstance(text, str):
            continue
        target = texts.get(language) if texts is inner else None
        yield _Found(
            FieldPath(f"{field.name}[{index}].{OPTION_TEXT}"),
            f"{field.label}, {option.get('label') or index + 1}",
            Source(place.file, *texts.key_place(key)),
            str(text),
            Source(place.file, *texts.key_place(language)) if texts is inner and language in texts else None,
            str(target) if isinstance(target, str) else None,
        )


def _families(resources: Mapping[Address, Desired]) -> Iterator[list[Desired]]:
    """Yield each resource that has texts or children, with its children in their order."""
    families: dict[Address, list[Desired]] = {}
    for address, desired in resources.items():
        if desired.parent is None and (children_of(desired.kind) or _has_texts(KINDS[desired.kind])):
            families[address] = [desired]
    for desired in resources.values():
        if desired.parent in families:
            families[desired.parent].append(desired)
    for top, *children in families.values():
        yield [top, *sorted(children, key=lambda child: child.position)]


def _has_texts(kind: Kind) -> bool:
    return any(field.translated or field.type is FieldType.OPTIONS for field in kind.fields)


def _default_text(desired: Desired) -> str:
    """Return the text in the default language that a respondent answers, of a question."""
    for field in KINDS[desired.kind].fields:
        value = desired.values.get(field.name) if field.translated else None
        if value:
            return str(value.get(DEFAULT_LANGUAGE, "") if isinstance(value, Mapping) else value)
    return ""


def _context(label: str, top: Desired, desired: Desired, asked: str, children: int) -> str:
    """Return in words what a text is for, and what a respondent is asked before it."""
    kind = KINDS[top.kind]
    name = str(top.values.get(kind.natural_key) or top.key)
    if desired is top:
        return f"{label} of the {kind.noun} {name}"
    noun = KINDS[desired.kind].noun
    what = label if label.lower() == noun else f"{label}: {noun}"
    where = f"{what} {desired.position + 1} of {children} in the {kind.noun} {name}"
    if not asked:
        return where
    short = asked if len(asked) <= SHOWN else f"{asked[: SHOWN - 3]}..."
    return f"{where}. Asked before: {' '.join(short.split())}"
