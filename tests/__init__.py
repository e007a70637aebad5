"""Makes `tests` a package of this repository: TFX imports IPython, whose own `tests` would come first."""
