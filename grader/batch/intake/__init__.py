"""From a class's files to its hand-ins and their authors: the layouts of platforms, names, archives."""
