"""From boxes to the best pictures of a person: quality and selection."""
