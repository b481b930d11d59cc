"""The built-in stand-in models. They are not language models, and say so."""
