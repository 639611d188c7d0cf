"""The tamper-evident log: journal, tree, tiles, checkpoints, proofs. Knows bytes, not our subject."""
