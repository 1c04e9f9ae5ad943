"""What the timeline shows, computed without Qt: lanes of bars, time axis, rows, what a pixel column holds."""
