"""Runs on many machines, by Ray, which nothing else here imports.

The driver is the process of `harness run`. It alone has the project and the run's folder: it plans, sets up what cases
share, hands out cases in batches, and writes their rows. A task of the cluster makes the runs of a batch and scores
them. The office, an actor beside the driver, writes down what must not be lost with a node, and holds the limits.
"""
