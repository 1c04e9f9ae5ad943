"""What happens when: one presenter for each part of a page, without Qt."""
