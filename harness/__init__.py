"""An evaluation and testing harness for assistants that answer from documents."""
