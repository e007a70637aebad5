"""ArrowExampleGen: reads an export as the schema says, and writes splits of tf.Examples and the quarantine.

The readers are in `perennial/reading/`.
"""
