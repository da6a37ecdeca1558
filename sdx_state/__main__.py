"""`python -m sdx_state`, for where scripts of a virtual environment are not on the path."""

from sdx_state.cli.main import entry

if __name__ == "__main__":
    entry()
