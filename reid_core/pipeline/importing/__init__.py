"""What comes into a project from other tools: boxes as detections, or as ground truth to be measured by."""
