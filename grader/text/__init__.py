"""Text in, text out: sentences, widths, words, and what makes foreign text harmless. It knows no process and no socket."""
