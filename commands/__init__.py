"""The command line: one module or folder a command, with its arguments, its work and how its answer reads.

`command_line.py` lists them; each is imported when it is asked for, so that `--help` stays quick.
"""
