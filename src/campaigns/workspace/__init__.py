"""Opens a project folder and hands out the parts: the one place where rooms are put together."""
