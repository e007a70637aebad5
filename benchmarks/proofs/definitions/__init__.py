"""make proof-definitions: what `schedule --print` prints, checked by the tools that it is for."""
