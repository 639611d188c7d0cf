"""The stand that the benchmarks share: a cell with items and experts, a server process, clients, a bare floor."""
