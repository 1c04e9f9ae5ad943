"""From pair decisions to identities: constraints, components, conflicts."""
