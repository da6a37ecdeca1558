"""Desired + live + ledger -> plan. Pure: nothing here reads a file, a clock or a socket."""
