"""Survey configuration as code for Survey Dynamix."""

__version__ = "0.1.0"
