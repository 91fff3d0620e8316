"""What becomes of one FlinkStateSnapshot: pure decisions."""
