"""Seeded experts and faults: the demo programme and whole-project tests. Speaks to a cell through its API only."""
