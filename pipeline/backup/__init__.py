"""A home in one file, and brought back: what belongs in it, how it is written and checked, moved paths.

The commands are `backup` and `restore`; nothing else imports this.
"""
