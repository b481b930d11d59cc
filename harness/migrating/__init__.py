"""From the Assistants API to the Responses API: what of a suite carries over, and the variant that makes the move."""

from harness.migrating.migrate import Migration, migration, write_variant

__all__ = ["Migration", "migration", "write_variant"]
