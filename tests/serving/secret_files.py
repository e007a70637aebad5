"""Files of tokens as a server is given them."""

from pathlib import Path
from typing import Final

GOOD: Final = "a-token-of-this-server"
OTHER: Final = "another-token-of-this-server=="


def secret_file(path: Path, text: str, mode: int = 0o600) -> Path:
    """Writes a file that is for its user alone, or has another mode."""
    path.write_text(text)
    path.chmod(mode)
    return path
