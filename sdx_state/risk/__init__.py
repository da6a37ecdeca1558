"""What a change endangers: rules that grade it, and limits that stop it."""
