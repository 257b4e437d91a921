"""What the end-to-end tests stand on: a clew to drive, and readers of what it answers."""
