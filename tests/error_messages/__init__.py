"""Every error message that a user can meet: where it is made in the code, and what provokes it."""
