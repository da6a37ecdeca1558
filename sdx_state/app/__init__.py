"""From files to writes: the steps that every command walks."""
