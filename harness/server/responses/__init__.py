"""The Responses protocol: responses with their items, and the conversations that hold items together."""
