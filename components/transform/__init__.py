"""The Transform component: TFX's own, whose analysis runs in memory where one machine is enough."""
