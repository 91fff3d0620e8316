"""What can be read about resources as metrics: their state when somebody asks, and counts of what happens to them."""
