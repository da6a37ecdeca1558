"""Decoding of documents from outside: strict JSON, then values of the required types.

`strict` is the only module that parses JSON. `typed` checks types. Each document has one decoder, which uses both and
is in the same module as the type that it returns.
"""
