"""Validation and identity of e-mail addresses."""

from __future__ import annotations

import ast
import unicodedata

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdx_state.kinds import email
from sdx_state.sandbox import emails as tenant
from tests.conftest import Source

ATEXT = "abzABZ019.!#$%&'*+-/=?^_`{|}~"
LABEL = st.text("abzAZ09-", min_size=1, max_size=6)
PIECES = st.sampled_from(
    [
        *(
            "a",
            "B",
            "z",
            "É",
            "é",
            "e\u0301",
            "ß",
            "ss",
            "ı",
            "I",
            "K",
            "\u212a",
            "ü",
            "u\u0308",
            "@",
            ".",
            "。",
            "-",
        ),
        *("xn--", "/", "%", " ", "\u200d", "中", "例え", "\ud800", "+", "'", '"', "\x00", "example", "mnchen-3ya"),
        *("١", "א", "1", "local"),
    ]
)
ANYTHING = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40)
ALMOST = st.builds(
    lambda local, labels: f"{local}@{'.'.join(labels)}",
    st.text(ATEXT, min_size=0, max_size=70) | st.lists(PIECES, max_size=4).map("".join),
    st.lists(
        LABEL | st.sampled_from(["com", "example", "xn--mnchen-3ya", "MÜNCHEN", "local", "a" * 64, "ab--c"]),
        max_size=5,
    ),
)


def library_accepts(text: str) -> bool:
    """Validate with the library, with a reserved domain replaced by one of the same length."""
    head, dot, last = text.rpartition(".")
    if "@" in head and last.lower() in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        text = f"{head}{dot}{'q' * len(last)}"
    try:
        email_validator.validate_email(text, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return False
    return True


@given(ALMOST | ANYTHING)
@example("a@b--c.com")
@example("a@xn--a.com")
@example("a@ab--c.com")
@example("a" * 65 + "@b.cd")
@example("a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + ".com")
@example("a@b.c\n")
@example("\u212a@b.cd")
@example("a@\u017f.com")
def test_definition_is_that_of_the_library(text: str) -> None:
    assert (email.malformed(text) is None) == (len(text) <= email.LONGEST and library_accepts(text))


@given(ALMOST | ANYTHING)
def test_sandbox_has_the_same_rule(text: str) -> None:
    assert tenant.is_address(text) == (email.unaddressable(text) is None)
    assert tenant.same(text) == email.identity_of(text)


@given(ALMOST | ANYTHING)
def test_identity_of_an_identity_is_itself(text: str) -> None:
    once = email.identity_of(text)
    assert email.identity_of(once) == once


@given(ALMOST | ANYTHING)
def test_case_of_ascii_letters_and_composition_do_not_matter(text: str) -> None:
    def swapped(text: str) -> str:
        return "".join(one.swapcase() if one.isascii() else one for one in text)

    assert email.identity_of(swapped(unicodedata.normalize("NFC", text))) == email.identity_of(text)
    assert email.identity_of(unicodedata.normalize("NFD", text)) == email.identity_of(text)


@given(st.lists(ALMOST | ANYTHING, min_size=2, max_size=2))
def test_identity_agrees_with_the_library(texts: list[str]) -> None:
    """The library's normalized form, apart from the case of ASCII letters, decides; the two never disagree."""
    if any(email.malformed(text) for text in texts):
        return
    if any(text.lower().endswith(tuple(email_validator.SPECIAL_USE_DOMAIN_NAMES)) for text in texts):
        return  # the library has no form of these
    forms = [email_validator.validate_email(text, check_deliverability=False) for text in texts]
    alike = [(form.local_part.translate(email._UPPER), form.ascii_domain.lower()) for form in forms]
    assert (alike[0] == alike[1]) == (email.identity_of(texts[0]) == email.identity_of(texts[1]))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Joe@Example.com", "joe@example.COM", True),
        ("jos@münchen.example", "jos@xn--mnchen-3ya.example", True),
        ("jos@MÜNCHEN.example", "jos@XN--mnchen-3YA.example", True),
        ("jose\u0301@x.com", "jos\u00e9@x.com", True),
        ("straße@x.com", "strasse@x.com", False),
        ("a@straße.example", "a@strasse.example", False),
        ("JOSÉ@x.com", "josé@x.com", False),
        ("Iris@x.com", "ıris@x.com", False),
        (" joe@x.com", "joe@x.com", False),
    ],
)
def test_spellings_of_one_mailbox_have_one_identity(one: str, other: str, same: bool) -> None:
    assert (email.identity_of(one) == email.identity_of(other)) is same


@pytest.mark.parametrize(
    "text", ["joe@corp.local", "o'brien+x=1@x.com", "{a}|~^`*!#$%&?_-@x.com", "jos@münchen.example"]
)
def test_unusual_addresses_are_accepted(text: str) -> None:
    assert email.unaddressable(text) is None


def test_common_addresses_do_not_load_the_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from sdx_state.kinds import email; "
        "assert not email.unaddressable('Joe.Smith+x@mail.example.com'); email.identity_of('a@b.cd'); "
        "print([name for name in sys.modules if name.partition('.')[0] in ('email_validator', 'idna', 'dns')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_library_does_not_use_the_network() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from sdx_state.kinds import email; assert not email.unaddressable('josé@münchen.example'); "
        "print([name for name in sys.modules if name.partition('.')[0] == 'dns'])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


FOLDS = {
    "config/resources.py": "keys of surveys, questions and numbers that a file system would take for one",
    "model/alike.py": "hints at similar names",
    "config/files.py": "names of files",
    "config/write.py": "names of files",
    "api/filters.py": "rows that a filter may answer, in the widest sense",
    "plan/mistyped.py": "a warning about similar names",
    "app/tenant.py": "UUIDs of customers",
    "app/preview.py": "codes of languages",
    "plan/describe.py": "keys of new resources, which must differ in more than case",
    "plan/targets.py": "what a target that matches nothing may have meant",
    "kinds/timezone.py": "names of time zones",
    "kinds/zone_labels.py": "names of time zones",
    "config/headers.py": "names of columns",
    "config/switches.py": "words for yes and no",
    "state/ledger.py": "addresses of users in the states of earlier versions",
}


LOWERS = {
    "kinds/branches.py": "words of a template, `if` and `endif`",
    "translations/fingerprint.py": "hosts and tenants of the project file, which identify it",
    "check/rule_words.py": "how a truth value is written",
    "translations/collect.py": "a noun",
    "translations/formats.py": "a word in a header",
    "translations/judge.py": "a letter of a message",
    "translations/language.py": "a tag of a language",
    "translations/placeholders.py": "the name of a tag",
    "translations/rows.py": "names of columns",
    "kinds/email.py": "the identity itself, and words of a message",
    "api/answer.py": "types of content",
    "api/links.py": "names of fields",
    "cli/console.py": "a variable of the terminal that says no",
    "cli/state.py": "how a truth value is written",
    "config/compose.py": "a noun",
    "config/explain.py": "words for yes and no",
    "report/likeness.py": "a noun",
    "config/placeholders.py": "how a spreadsheet writes a truth value",
    "config/plain_layout.py": "words that YAML elsewhere takes for no text",
    "config/write.py": "names that Windows reserves",
    "config/variables.py": "how YAML spells a truth value",
    "config/scalars.py": "words that YAML elsewhere takes for no text",
    "config/sift.py": "suffixes of file names, and names of columns",
    "model/address.py": "slugs: keys of new resources",
    "programs/git.py": "names of Git's settings",
    "app/observe.py": "the beginning of a sentence",
    "plan/match.py": "the beginning of a sentence",
    "report/markdown_changes.py": "a noun",
    "report/page.py": "a noun",
}
AT = {
    "kinds/email.py": "the parts of an address",
    "app/pseudonyms.py": "where in a text an address may begin",
    "model/urls.py": "the sign that a URL's path may hold as it is",
}


def test_identities_are_not_case_folded(source: Source) -> None:
    """`str.casefold` merges different mailboxes; comparisons use `identity_of`."""
    assert set(source.where(lambda node: isinstance(node, ast.Attribute) and node.attr == "casefold")) == set(FOLDS)


def test_identities_are_not_lowered(source: Source) -> None:
    """`str.lower` does not normalize the domain; comparisons use `identity_of`."""
    assert set(source.where(lambda node: isinstance(node, ast.Attribute) and node.attr == "lower")) == set(LOWERS)


def test_addresses_are_split_in_one_module(source: Source) -> None:
    def splits_at_the_sign(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and any(
            isinstance(one, ast.Constant) and one.value == "@" for one in node.args
        )

    assert set(source.where(splits_at_the_sign)) == set(AT)
