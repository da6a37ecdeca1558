"""Other programs: the only room that starts any. Their environment, how Git runs, how a browser opens."""
