"""What a client asks for. No process."""

from __future__ import annotations

import pytest

from tasks.chat.questions import Question, asked_for, asks_for_name_in_so_many_words, asks_for_talk

NAME, PORT, ADDRESS, SECRET, YES_OR_NO, NOTHING = (
    Question.NAME, Question.PORT, Question.ADDRESS, Question.SECRET, Question.CONFIRMATION, Question.NOTHING
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("", NOTHING),
        ("> ", NOTHING),
        ("Password: ", SECRET),
        ("Password for this user name: ", SECRET),
        ("Name: ", NAME),
        ("Enter your nickname: ", NAME),
        ("Username? ", NAME),
        ("What should the server call you?", NAME),
        ("Connected to 127.0.0.1, port 65433. Choose an alias:", NAME),
        ("Connected to the server. Your name:", NAME),
        ("Join the server as: ", NAME),
        ("Who are you?", NAME),
        ("Dein Name: ", NAME),
        ("Server address [127.0.0.1]: ", ADDRESS),
        ("Host: ", ADDRESS),
        ("Host name [127.0.0.1]: ", ADDRESS),
        ("server's name: ", ADDRESS),
        ("IP? ", ADDRESS),
        ("Port [65433]: ", PORT),
        ("Port number of the server: ", PORT),
        ("server port: ", PORT),
        ("Favourite colour? ", NOTHING),
        ("Server IP or name [localhost]: ", ADDRESS),
        ("Serveradresse: ", ADDRESS),
        ("Hôte : ", ADDRESS),
        ("Rechnername: ", ADDRESS),
        ("Puerto: ", PORT),
        ("Choisis un pseudo (5 lettres) : ", NAME),
        ("Join as 'kira'? [Y/n] ", YES_OR_NO),
        ("Is zoe correct? (y/n)", YES_OR_NO),
        ("Stimmt das? [j/N]", YES_OR_NO),
        ("Press Enter to join...", Question.ENTER),
        ("Type your nickname and press Enter: ", NAME),
    ],
)
def test_answer(question, answer):
    """A question is understood as a person would who wants to chat."""
    assert asked_for(question) is answer


@pytest.mark.parametrize(
    ("question", "talk"),
    [
        ("> ", True),
        ("zoe> ", True),
        ("You: ", True),
        ("Message (EXIT to leave): ", True),
        ("Type something:", True),
        ("Favourite colour? ", False),
        ("Which room? ", False),
        ("This nickname is taken. Type another nickname: ", False),
        ("Press Enter to connect", False),
        ("[username zoe] ", True),
        ("nickname zoe: ", True),
        ("Message to the server: ", True),
        ("Chat server [127.0.0.1]: ", False),
        ("Your name, zoe, once more: ", False),
    ],
)
def test_prompt_of_the_chat(question, talk):
    """At the prompt of a chat, somebody who has given her name is asked for nothing more."""
    assert asks_for_talk(question, "Zoe") is talk


@pytest.mark.parametrize(
    ("question", "surely"),
    [
        ("Nickname: ", True),
        ("Who are you?", True),
        ("What should we call you?", True),
        ("Once more, please: ", True),
        ("Go ahead: ", False),
        ("Join the server as: ", False),
        ("What do you want? ", False),
    ],
)
def test_name_in_so_many_words(question, surely):
    """Some questions can be about nothing but the nickname; to others it is only the best answer."""
    assert asks_for_name_in_so_many_words(question) is surely
