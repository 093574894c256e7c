"""Text in, text out: sentences, widths, words, and sinks that make foreign text harmless. No process, no socket."""
