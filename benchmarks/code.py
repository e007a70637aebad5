"""A digest of the code that a proof is about, so that it takes up nothing that was found of other code."""

import hashlib

from pipeline.config import REPOSITORY

CODE = (
    "local_runner.py",
    "pipeline",
    "components",
    "transforms",
    "models",
    "schemas",
    "serving",
    "benchmarks",
)


def code_digest() -> str:
    """Digest of names and contents of all source files, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in CODE:
        top = REPOSITORY / name
        files = [top] if top.is_file() else sorted(top.rglob("*"))
        for path in files:
            if path.suffix in (".py", ".yaml", ".pbtxt"):
                digest.update(f"{path.relative_to(REPOSITORY)}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
