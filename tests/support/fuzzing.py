"""Texts that are not to be obeyed anywhere, and reports full of them, for Hypothesis."""

# ruff: noqa: RUF001 - letters of other scripts are meant

from __future__ import annotations

import os

from hypothesis import settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ", "0"))
fuzz = settings(max_examples=EXAMPLES or 50, derandomize=not EXAMPLES, deadline=None, database=None)
fuzz_reports = settings(fuzz, max_examples=EXAMPLES or 15)
FRAGMENTS = (
    *("\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x9b31m", "\x1bP+q\x1b\\", "\r\x1b[K", "\b\b", "\0\x7f"),
    *("\u202e", "\u2066", "\u2069", "\u200e", "\u061c", "\u200b", "\u200d", "\u200c", "\ufe0f", "\ufeff", "\xad", "\u2028\x85"),
    *("\ud83d", "\ude00", "\udcff", "\ue000", "\uffff", "\U000e0041", "\u3164", "\u0301" * 20, "\u20e3", "\u0903", "\u1161"),
    *("[red]", "[/]", ":smile:", "[link=http://x]y[/link]", "<b>", "</p>", "<!--", "]]>", "&lt;", "&#0;", '" onclick="', "'"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", "\u22121", ";=1", ",", '"', '"=1', "\n=1"),
    *("::error::no", "%0A::error::", "##[error]no", "##vso[x]", "\n::add-mask::a", "a" * 70 + " ::warning::w", "a:b,c"),
    *("@everyone", "#1", "GH-12", "https://x.org", "www.x.org", "a@b.de", "![x](http://y)", "`", "```", "|", "---", "1. ", "# "),
    *("    ", "  ", "\\", "\\\\x1b", "$x$", "*a*", "_b_", "~~c~~", "[^1]", "> ", "\n\n", "- [ ] "),
    *("漢字", "שלום", "سلام", "می\u200cخواهم", "नमस्ते", "ที่", "👨\u200d👩\u200d👧", "🇩🇪", "👍🏽"),
    *("❤\ufe0f", "1\ufe0f\u20e3", "䷀", "　"),
    *("✓ task1.join  All is well.  4/4", "Score 20/20", "mira  " * 9, "x" * 300, "👍🏽" * 60, "का" * 60),
)  # fmt: skip
ANYTHING = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(), max_size=8)), max_size=6).map(
    "".join
)
FORMULA = tuple("=+-@\t\r＝＋－＠﹦﹢﹣﹫−")
