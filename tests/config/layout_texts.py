"""YAML texts of which layouts are tested: the examples, one untidy and tidied, and one with all forms."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples"
# A component of GitLab is two documents in one file.
EXAMPLES = sorted({*FOLDER.rglob("*.y*ml")} - {*(FOLDER / "ci/gitlab-component").rglob("*")})
MESSY = """\
# Our surveys


surveys:
    # the first
    support-csat:
        name:    Support CSAT   # shown in reports
        greeting_text: |
            Hello.


              Two lines above.
        closing_text: {default: Goodbye., "de-default":   "Auf Wiedersehen." }
        questions:
        -   question_label: NPS
            question_type:  nps
            max_response: 10
        # the last one
        - question_label: "010"
          question_type: text



users:
    a@example.com: { name: Ana, phone: '+61491570156' }
"""
TIDY = """\
# Our surveys

surveys:
  # the first
  support-csat:
    name: Support CSAT # shown in reports
    greeting_text: |
      Hello.


        Two lines above.
    closing_text: {default: Goodbye., "de-default": "Auf Wiedersehen."}
    questions:
      - question_label: NPS
        question_type: nps
        max_response: 10
      # the last one
      - question_label: "010"
        question_type: text

users:
  a@example.com: {name: Ana, phone: '+61491570156'}
"""
EVERYTHING = """\
# About this file

a:
  b: |-
    one

    two # x


    # three

  # about c
  c: 'it''s' # beside

  d: "a\\n\\u202e\\"b" # quoted
  e:
    # first
    - x

    - "y" # z
    - k: {a: 1, "b c": [x, 'y', {z: null}]} # f
      l: [] # g
      m: # h
        n: true
    # last

    - {a: b}
  "q k": null
  f:
  'g h': -1.5
  0412@example.com: ${var.sender} or (nobody)
  é: 2026-01-01 10:00
# between
z: |
  text

# the end
"""
TEXTS = [*(path.read_text(encoding="utf-8") for path in EXAMPLES), TIDY, MESSY, EVERYTHING]
