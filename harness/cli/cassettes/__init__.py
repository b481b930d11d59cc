"""`harness cassettes`: what recordings there are, and what is to become of them."""
