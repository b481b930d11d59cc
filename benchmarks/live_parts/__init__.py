"""Parts of `live.py`: the fake server, what runs against it, and what is made of it."""
