"""Footage as the panes show it: decoded ahead in threads, found by common time; no Qt in here."""
