"""Rows as people read them."""
