"""The command line: one folder a command, with its arguments, its work and how its answer reads.

`command_line.py` lists them. `NAME/command.py` imports what is slow when it runs, so that `--help` is quick.
"""
