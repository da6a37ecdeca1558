"""Risk of changes: rules that grade them, and limits that stop them."""
