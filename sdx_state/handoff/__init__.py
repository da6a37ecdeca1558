"""What the API does not support, as work for a person."""
