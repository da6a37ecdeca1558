"""What was last applied: address -> live id and hashes of the values. Rebuildable from live at any time."""
