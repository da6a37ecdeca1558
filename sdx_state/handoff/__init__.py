"""Hand-off: the changes that the API does not support, as steps in the admin UI."""
