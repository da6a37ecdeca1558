"""Checks of surveys: offline, and by conversations with the tenant."""
