"""The operations, by resource: each module holds handlers and their routes."""
