"""Task 2's answers: where they are found, what counts as one, whose words they are. No process."""

# ruff: noqa: RUF001 - look-alikes are the matter of some tests
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


HIDDEN = {
    "Cyrillic letters": lambda text: text.translate(str.maketrans("aeopcxyiTH", "аеорсхуіТН")),
    "Greek letters": lambda text: text.translate(str.maketrans("oviTHEAI", "ονιΤΗΕΑΙ")),
    "mathematical letters": lambda text: text.translate({ord("a") + at: 0x1D41A + at for at in range(26)}),
    "wide letters": lambda text: "".join(chr(ord(sign) + 0xFEE0) if sign.isalpha() else sign for sign in text),
    "accents": lambda text: text.replace("e", "é").replace("o", "ọ").replace("l", "ł"),
    "a digit for a letter": lambda text: text.replace("l", "1").replace("o", "0"),
    "zero-width spaces": lambda text: "\u200b".join(text),
    "joiners in every word": lambda text: text.replace("e", "e\u2060").replace("t", "t\u200d"),
    "soft hyphens": lambda text: text.replace("r", "\u00adr"),
    "a filler": lambda text: text.replace("n", "n\u3164"),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_a_copy_hides_behind_nothing(way):
    """What a reader sees as the same sentence has the same fingerprints."""
    assert fingerprints(HIDDEN[way](ONE)) == fingerprints(ONE)
    assert HIDDEN[way](ONE) != ONE


@pytest.mark.skipif(CODELAB is None, reason="the codelab is not beside the project")
@pytest.mark.parametrize("way", HIDDEN)
def test_a_copy_of_the_codelab_hides_behind_nothing(way):
    """Its own sentences are known, however they are disguised."""
    assert CODELAB is not None
    text = next(
        line for line in CODELAB.read_text("utf-8").splitlines() if line.startswith("- ") and len(line.split()) > 20
    )
    assert share_copied(HIDDEN[way](text)) == 1


OTHER_SCRIPTS = {
    "Persian": "یک رشته پیام\u200cها را می\u200cگیرد و دیگری می\u200cنویسد.",
    "Chinese": "一个线程收消息，另一个等用户打字。",
    "Japanese": "受信スレッドが待つ間も入力できるからです。",
    "Thai": "เธรดหนึ่งรอรับข้อความส่วนอีกเธรดรอการพิมพ์",
    "Arabic": "خيط يستقبل وخيط آخر يقرأ ما يكتبه المستخدم.",
    "Hindi": "एक थ्रेड सुनता है और दूसरा पढ़ता है।",
    "Russian": "Один поток принимает, другой читает клавиатуру.",
    "Hebrew": "תהליכון אחד מקבל והשני קורא מהמקלדת.",
}


@pytest.mark.parametrize("script", OTHER_SCRIPTS)
def test_other_scripts(script):
    """An answer is one in any script, is nobody else's, and two paragraphs are two answers."""
    text = OTHER_SCRIPTS[script]
    assert not answers.is_template(text)
    assert share_copied(text) == 0
    assert answers.find(f"{text}\n\n{ONE}\n") == {"listener": text, "framing": ONE}


@pytest.mark.parametrize(
    "text",
    [
        "\u3164 \u3164 \u3164 \u3164",
        "\u200b \u2060 \u200d x",
        "- - - - -",
        "不知道",
        "T\u200bO\u200bD\u200bO",
        "1 2 3 4 5",
    ],
)
def test_signs_are_no_answer(text):
    """Letters count: what cannot be seen, dashes and digits are no words, and a place holder is one behind zero-width signs."""
    assert answers.is_template(text)


def test_fingerprints():
    """Case, punctuation and line ends do not matter; the words and their order do."""
    assert fingerprints("The quick, brown fox!") == fingerprints("the QUICK\nbrown fox")
    assert fingerprints("the quick brown fox") != fingerprints("the brown quick fox")
