"""What presenters hand to pages: plain rows of words, without Qt."""
