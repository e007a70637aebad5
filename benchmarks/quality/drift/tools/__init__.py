"""The other tools, each in an environment of its own: reads rows as Parquet, writes scores as JSON."""
