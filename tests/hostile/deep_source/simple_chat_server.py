"""Cannot be compiled: make.py adds a line of 50,000 minus signs."""

import calls, lists, signs, tuples
