"""What a person's own file is: its text, its layout, what its cells say; each by evidence from all of it."""
