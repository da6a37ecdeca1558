"""Plan -> text, JSON and the lines around them; one place that escapes."""
