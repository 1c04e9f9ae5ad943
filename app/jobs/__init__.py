"""Work beside the GUI thread: threads with a project of their own, and child processes."""
