"""Cameras that send while we look: addresses, connections that come and go, and recordings of them."""
