"""The vocabulary that all rooms share: plain values, no I/O."""
