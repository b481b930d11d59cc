"""The Responses API protocol, the hosted successor of the Assistants API: its recordings can be read."""
