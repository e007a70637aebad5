"""The gates on tables as they are and with known damage: what each finding blocks, wrongly and rightly."""
