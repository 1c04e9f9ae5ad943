"""What comes into a project from other tools: tracklets, detections, or ground truth to be measured by."""
