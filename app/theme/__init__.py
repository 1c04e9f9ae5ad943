"""How the window looks: tokens, palette, style sheet, icons, fonts."""
