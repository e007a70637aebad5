"""The chain on one screen: an export is read, judged, learned from, evaluated, served in a probe, pushed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma  # noqa: F401 (TFX's Evaluator types need it registered)
from tfx.components import Trainer, Transform
from tfx.dsl.components.common.importer import Importer
from tfx.dsl.components.common.resolver import Resolver
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import trainer_pb2, transform_pb2
from tfx.types import Channel, standard_artifacts

