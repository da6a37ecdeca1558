"""Apply: approved plan -> tenant and state, by write protocols with a journal."""
