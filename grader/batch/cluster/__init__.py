"""A class on the machines of a Dask cluster."""
