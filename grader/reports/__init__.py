"""The forms a report can take, one module each. They only read results, and judge nothing."""
