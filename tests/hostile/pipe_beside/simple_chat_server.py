"""A right server."""

from right_chat import serve

serve()
