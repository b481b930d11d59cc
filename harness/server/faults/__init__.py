"""Faults on purpose: answers that fail, connections that break, runs that end badly, by the rules of a file."""
