"""The bridge: models behind an OpenAI-compatible chat endpoint, over this server's own retrieval."""
