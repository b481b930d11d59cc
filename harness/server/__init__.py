"""The embedded server: the Assistants API protocol over loopback, with built-in stand-in models."""
