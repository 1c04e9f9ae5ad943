"""From detections to tracklets of one person in one camera."""
