"""Pruning: what goes, what stays and why, through whole runs with a scripted chain."""
from pathlib import Path

import pytest

from tests.pipeline.run.scene import Scene, trained_scene
