"""The state: address -> live id and hashes of the values last applied. Can be rebuilt from live at any time."""
