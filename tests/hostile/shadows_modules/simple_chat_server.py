"""A right server; what matters lies beside it."""

from right_chat import serve

serve()
