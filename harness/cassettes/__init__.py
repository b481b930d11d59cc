"""Recordings of HTTP traffic: made by a transport, kept readable, replayed without a socket."""
