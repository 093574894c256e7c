"""Task 2's answers: where they are found, what counts as one, whose words they are. No process."""

from __future__ import annotations

import pytest
from support.corpus import PROJECT

from tasks.task2 import answers
from tasks.task2.copied import THRESHOLD, fingerprints, prose, share_copied

ONE = "A second thread waits in recv, so the first may sit in input as long as it likes."
TWO = "It keeps the piece after the last newline for the next call and returns only what is complete."
CODELAB = next(PROJECT.parent.glob("*/codelab.md"), None)  # where it lies beside the project

FORMS = {
    "headings that name them": f"# Listener thread\n{ONE}\n\n# recv_lines()\n{TWO}\n",
    "headings the other way round": f"## Framing\n\n{TWO}\n\n## The listener\n\n{ONE}\n",
    "headings by number": f"# Task 2\n\n## Question 1\n{ONE}\n\n## Question 2\n{TWO}\n",
    "a numbered list": f"# My answers\n1. {ONE}\n2. {TWO}\n",
    "numbers with brackets": f"1) {ONE}\n\n2) {TWO}",
    "letters": f"a) {ONE}\nb) {TWO}",
    "Q and A": f"Q1: How does the listener thread help?\nA1: {ONE}\n\nQ2: How does recv_lines() work?\nA2: {TWO}\n",
    "bold labels": f"**Listener:** {ONE}\n\n**recv_lines:** {TWO}\n",
    "bold headings": f"**1. Listener thread**\n\n{ONE}\n\n**2. Framing**\n\n{TWO}\n",
    "labels": f"Listener thread: {ONE}\nFraming: {TWO}\n",
    "a list with labels": f"- listener - {ONE}\n- `recv_lines()` - {TWO}\n",
    "two paragraphs": f"{ONE}\n\n{TWO}\n",
    "two paragraphs under a title": f"# Answers for Task 2\n\n{ONE}\n\n{TWO}\n",
    "the questions repeated": (
        f"1. Explain how the listener works.\n\n{ONE}\n\n2. How does recv_lines() avoid bugs?\n\n{TWO}\n"
    ),
    "quoted questions": f"> How does the listener thread do that?\n\n{ONE}\n\n> And recv_lines()?\n\n{TWO}\n",
    "answers over two lines": f"1. {ONE.replace(' so ', chr(10) + 'so ')}\n2. {TWO}\n",
    "a listing in between": f"# Listener\n```python\n# framing: no answer\nx = 1\n```\n{ONE}\n# Framing\n{TWO}\n",
    "a comment in between": f"<!-- one sentence each -->\n1. {ONE}\n2. {TWO}\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form):
    """Both answers are found in every usual form, each for its question."""
    assert answers.find(FORMS[form]) == {"listener": ONE, "framing": TWO}


@pytest.mark.parametrize("text", ["", "\n\n", "# Task 2\n", "> only a quotation\n"])
def test_nothing_written(text):
    """A document without answers holds none."""
    assert answers.find(text) == {}


def test_only_one():
    """An answer to one question is not taken for the other."""
    assert answers.find(f"# recv_lines\n{TWO}\n") == {"framing": TWO}
    assert answers.find(f"2. {TWO}\n") == {"framing": TWO}


def test_blank_under_its_heading():
    """A heading with nothing under it is a blank answer, not a missing one."""
    assert answers.find(f"# Listener\n\n# Framing\n{TWO}\n") == {"listener": "", "framing": TWO}


def test_readme_speaks_of_other_things():
    """In a README only what stands under a heading that names the question counts."""
    readme = f"# Chat\n\nHow to start it.\n\n1. Install Python\n2. Run it\n\n## Listener\n{ONE}\n\n## Licence\nMIT\n"
    assert answers.find(readme, only_marked=True) == {"listener": ONE}
    assert answers.find("# Chat\n\nOne paragraph.\n\nAnother one.\n", only_marked=True) == {}


@pytest.mark.parametrize(
    "text",
    ["", "  ", "...", "…", "TODO", "todo.", "<your answer>", "[one sentence]", "Your answer here", "N/A", "-", "yes it",
     "Write one sentence here."],
)  # fmt: skip
def test_template(text):
    """What only holds the place of an answer is blank."""
    assert answers.is_template(text)


@pytest.mark.parametrize("text", [ONE, TWO, "Threads run beside each other.", "Un fil reçoit, l'autre lit le clavier."])
def test_no_template(text):
    """A sentence is an answer, in whatever language."""
    assert not answers.is_template(text)


@pytest.mark.parametrize("text", [ONE, TWO, "One thread receives, the other types.", "", "two words"])
def test_own_words(text):
    """One's own words stay far below the limit."""
    assert share_copied(text) < THRESHOLD / 2


@pytest.mark.skipif(CODELAB is None, reason="the codelab is not beside the project")
def test_every_sentence_of_the_codelab_is_known():
    """Each longer sentence of its explanations, with a word or two changed, is recognised as a copy."""
    assert CODELAB is not None
    text = prose(CODELAB.read_text("utf-8"))
    sentences = [line.strip("- ") for line in text.splitlines() if line.startswith("- ") and len(line.split()) > 12]
    assert len(sentences) >= 10
    for sentence in sentences:
        words = sentence.split()
        words[len(words) // 2] = "something"
        assert share_copied(" ".join(words)) >= THRESHOLD, sentence


def test_fingerprints():
    """Case, punctuation and line ends do not matter; the words and their order do."""
    assert fingerprints("The quick, brown fox!") == fingerprints("the QUICK\nbrown fox")
    assert fingerprints("the quick brown fox") != fingerprints("the brown quick fox")
