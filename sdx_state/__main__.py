"""`python -m sdx_state`, for where scripts of a virtual environment are not on the path."""

from sdx_state.cli.start import start

if __name__ == "__main__":
    start()
