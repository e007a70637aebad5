"""What the schedule costs while nothing is due."""
