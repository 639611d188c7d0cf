"""The files of a release: write, read, manifest, cards, exports, proofs."""
