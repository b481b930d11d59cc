"""The protocols a case can be run through."""
