"""What a training run is driven by: schedules, the loop, checkpoints."""
