"""A student's processes and the terminals they run at: started, fed, watched, ended."""
