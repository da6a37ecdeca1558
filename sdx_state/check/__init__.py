"""Whether surveys behave as their YAML says."""
