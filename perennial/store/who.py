"""Who runs this, for what people want to read back later."""

import getpass
import os


def who() -> str:
    """Name of the user of this process; `uid 1234` where the machine has no name for it, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
