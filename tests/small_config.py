"""The shortest configuration of a use case, to which tests add the sections that they are about."""

HYPERPARAMETERS = (
    "{steps_per_epoch: 1, epochs: 1, batch_size: 8, learning_rate: 0.1, ema_momentum: 0.5,"
    " early_stopping: {days: 1, patience: 1}}"
)
TEXT = f"""\
label: late
training:
  hyperparameters: {HYPERPARAMETERS}
evaluation: {{bounds: {{auc: {{min: 0.6}}}}}}
"""
