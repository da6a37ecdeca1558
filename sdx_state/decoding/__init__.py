"""Decoding of every document that comes from outside: strict JSON, then values of the types that are required.

`strict` is the only module that parses JSON. `typed` checks shapes. Each document has one decoder, which is built of
both and stands beside the type that it returns.
"""
