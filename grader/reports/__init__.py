"""The forms a report can take, one module each. They read a Report and nothing else, and judge nothing."""
