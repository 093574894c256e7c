"""Who handed in what: the layouts of platforms, names, archives."""
