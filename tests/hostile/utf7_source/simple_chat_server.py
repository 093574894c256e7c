# -*- coding: utf-7 -*-
"""A right server: +AMkA4Q-."""

from right_chat import serve

serve()
