"""The application: command line entry and, later, the window."""
