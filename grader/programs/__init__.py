"""A student's processes and their terminals: started, given input, watched, ended."""
