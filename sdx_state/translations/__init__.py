"""Translations: texts of a project as files that translators use, and their answers back. No file is written here."""
