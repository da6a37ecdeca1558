"""Plan -> tenant and state: write protocols, their journal, and the runs that use them."""
