"""Canvas's grade book and Moodle's worksheet: only the cells that were meant differ, in every dialect and language."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.class_samples import ADA, BOB, CYD, DAN, graded, hostile, scored
from support.fuzzing import ANYTHING, FORMULA, fuzz, fuzz_reports
from support.report_samples import report, result

from grader.model.errors import UsageError
from grader.reports import canvas, moodle
from grader.reports.gradebook.table import Table
from grader.reports.registry import Choices, export
from grader.results.graded import Class, Graded, Person
from grader.text import sinks

PAIR = graded("ada+bob", scored(14), ADA, BOB)
BROKEN = graded("cyd", None, CYD, error="the archive is broken")
OPEN = graded("dan", scored(9, review=4), DAN)
CLASS = Class((PAIR, BROKEN, OPEN))


def read(data: bytes, separator: str = ",") -> list[list[str]]:
    """Read a file as the csv module does."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return list(csv.reader(io.StringIO(data.decode(encoding, "surrogateescape"), newline=""), delimiter=separator))


def changed(before: bytes, after: bytes, separator: str = ",") -> dict[tuple[int, int], str]:
    """The cells that differ, by row and column; all bytes outside of them must be the same."""
    old, new = read(before, separator), read(after, separator)
    assert [len(row) for row in old] == [len(row) for row in new]
    found = {
        (row, column): cell
        for row, cells in enumerate(new)
        for column, cell in enumerate(cells)
        if cell != old[row][column]
    }
    table = Table(after)
    for row, column in found:
        table.put(row, column, old[row][column])
    undone, untouched = bytes(table), Table(before)
    assert re.sub(rb'"', b"", undone) == re.sub(rb'"', b"", bytes(untouched)), "but for the quotes of filled cells"
    return found


# -- the table ---------------------------------------------------------------------------------------------------------

CELLS = st.sampled_from(
    ["", "1", "a b", '"q"', '"a,b;c"', '"""x"""', '"two\nlines"', 'a"b', '"a"b"', "é", "\xff", '""']
)
FILES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=4)


@fuzz
@given(st.one_of(st.binary(), st.text().map(str.encode), st.text().map(lambda text: text.encode("utf-16"))))
@example(b"\xff\xfea")
@example(b'a,"b\\"c",d\r\n')
def test_tables_keep_every_byte(data):
    """A table that nothing was put in is the file that it was read from."""
    with contextlib.suppress(UsageError) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else contextlib.nullcontext():
        assert bytes(Table(data)) == data


@fuzz
@given(FILES, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n", "\r"]), ANYTHING, st.data())
def test_tables_change_one_cell(cells, separator, end, text, data):
    """What was put in a cell is read there, and all other cells are as they were in the file."""
    cells = [["Student", "ID", "Section"], *cells]  # by which the separator is known
    before = Table(end.join(separator.join(row) for row in cells).encode())
    assume(len(before) > 1)
    row = data.draw(st.integers(1, len(before) - 1))
    column = data.draw(st.integers(0, len(before.row(row)) - 1))
    text = text.encode("utf-8", "replace").decode()
    before.put(row, column, text)
    assert before.cell(row, column) == text
    expected = [before.row(number) for number in range(len(before))]
    again = Table(bytes(before))
    assume(text)
    assert [again.row(number) for number in range(len(again))] == expected


def test_quotes_stay_where_they_were():
    """A cell is quoted if it was, or if its text needs it."""
    table = Table(b'a,"b",c\r\n"1","2",3')
    table.put(1, 0, "7")
    table.put(1, 2, 'x"y')
    table.put(0, 1, "b")
    assert bytes(table) == b'a,"b",c\r\n"7","2","x""y"'


def test_long_cells_are_read_at_once():
    """A cell of quotes that never ends takes no more time than any other."""
    for text in ('"' * 100_000 + "x", '"' + 'a"b' * 50_000, '"' + '""' * 50_000 + "x\n" * 1000):
        assert bytes(Table(text.encode())) == text.encode()


# -- Canvas ------------------------------------------------------------------------------------------------------------

BOOK = '''\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,Homework 1 (11),Chat server (12),Assignments Current Score,Final Score
,,,,,,,Manual Posting,,
    Points Possible,,,,,,10.00,20.00,(read only),(read only)
"Lovelace, Ada",101,s1,ada,"A, B","says ""hi""",9.50,,95.0,95.0
"Ross, Bob",102,s2,bob,A,,,3.00,,
"Ö, Cyd",103,s3,cyd,A,,7.00,2.00,70.0,70.0
Dan,104,s4,dan,A,,7.00,2.00,70.0,70.0
"Student, Test",199,,abc,A,,,,,
'''
DIALECTS = {
    "as exported": BOOK.encode(),
    "with a byte order mark": b"\xef\xbb\xbf" + BOOK.encode(),
    "with carriage returns": BOOK.replace("\n", "\r\n").encode(),
    "with everything quoted": re.sub(r"(?m)(?<=,)(?=,|$)|(?<![^,\n])[^,\"\n]+(?=,|$)", r'"\g<0>"', BOOK).encode(),
    "as Shift JIS": BOOK.replace("Ö", "表").encode("shift-jis"),
    "as UTF-16": b"\xff\xfe" + BOOK.encode("utf-16-le"),
    "without an end of line": BOOK.rstrip("\n").encode(),
    "with two names": "\n".join(
        re.sub(r'^("([^,]*), ([^"]*)"|([^,]*))', r"\2\4,\3", line) for line in BOOK.splitlines()
    ).replace("Student,", "LastName,FirstName", 1).encode(),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_canvas_changes_one_column(dialect):
    """Ada's and Bob's cells are filled, and not one byte outside of them differs."""
    before = DIALECTS[dialect]
    after, _ = canvas.fill(CLASS, before, Choices(column="Chat server"))
    column = 8 if dialect == "with two names" else 7
    assert changed(before, after) == {(3, column): "14", (4, column): "14"}
    lines = list(zip(before.split(b"\n"), after.split(b"\n"), strict=True))
    assert [number for number, (old, new) in enumerate(lines) if old != new] == [3, 4]
    if dialect == "as exported":
        assert lines[3][1] == b'"Lovelace, Ada",101,s1,ada,"A, B","says ""hi""",9.50,14,95.0,95.0'


def test_canvas_says_what_it_left():
    """Who is on one side only, is not final or was not graded is told, and her cell stays as it was."""
    _, notes = canvas.fill(CLASS, BOOK.encode(), Choices(column="12"))
    assert notes == [
        "1 row of the file without a hand-in: Student, Test",
        "cyd: not graded: the archive is broken; left as it was",
        "dan: not final: 4 points awaiting review; left as it was",
    ]
    _, notes = canvas.fill(Class((graded("zoe", scored(1), Person("Zoe", "z")),)), BOOK.encode(), Choices(column="12"))
    assert notes[0] == "Zoe (zoe): not in the file"


def test_canvas_takes_scores_that_may_change_if_asked():
    """With `provisional` they are filled in, and told of."""
    after, notes = canvas.fill(Class((OPEN,)), BOOK.encode(), Choices(column="12", provisional=True))
    assert changed(BOOK.encode(), after) == {(6, 7): "9"}
    assert "dan: not final: 4 points awaiting review; filled in all the same" in notes


@pytest.mark.parametrize(
    ("person", "how"),
    [
        (Person("Ada", "ADA"), "SIS Login ID"),
        (Person("Ada", "", "ada"), "SIS Login ID"),
        (Person("Ada", "s1"), "SIS User ID"),
    ],
)
def test_canvas_finds_by_login(person, how):
    """Where the class has no ids of Canvas, a login or SIS id does, and is told of."""
    after, notes = canvas.fill(Class((graded("x", scored(14), person),)), BOOK.encode(), Choices(column="12"))
    assert changed(BOOK.encode(), after) == {(3, 7): "14"}
    assert notes[0] == f"Ada (x): found by {how}"


def test_canvas_never_guesses():
    """Two rows for one student, or two hand-ins for one row, are left as they were."""
    twice = BOOK.replace("102,s2,bob", "102,s2,ada").encode()
    one = Class((graded("x", scored(14), Person("Ada", "ada")),))
    after, notes = canvas.fill(one, twice, Choices(column="12"))
    assert after == twice
    assert notes[0] == "Ada (x): 2 rows have this SIS Login ID; none was filled"
    after, notes = canvas.fill(Class((PAIR, graded("b", scored(3), ADA))), BOOK.encode(), Choices(column="12"))
    assert changed(BOOK.encode(), after) == {(4, 7): "14"}
    assert notes[0] == "Ada Lovelace: several hand-ins (ada+bob, b) for one row; it was not filled"


def test_canvas_keeps_what_was_decided():
    """A student who is excused, or does not have the assignment, stays so."""
    book = BOOK.replace(",9.50,,", ",9.50,EX,").replace(",,3.00,", ",,N/A,").encode()
    after, notes = canvas.fill(CLASS, book, Choices(column="12"))
    assert after == book
    assert "ada+bob: the grade book says EX; left as it was" in notes


@pytest.mark.parametrize(
    ("possible", "written"), [("20.00", "14"), ("10.00", "7"), ("100", "70"), ("3.00", "2.1"), ("", "14"), ("7", "4.9")]
)
def test_canvas_scales(possible, written):
    """Points are scaled to what the assignment is worth in Canvas, and that is told."""
    book = BOOK.replace(",20.00,", f",{possible},").encode()
    after, notes = canvas.fill(CLASS, book, Choices(column="12"))
    assert changed(book, after)[3, 7] == written
    assert any("scaled from 20" in note for note in notes) == (written != "14")


def test_canvas_with_semicolons_and_decimal_commas():
    """The file's separator and decimal sign are kept."""
    book = re.sub(r'("[^"\n]*(?:""[^"\n]*)*")|,', lambda found: found[1] or ";", BOOK).replace("20.00", "9,00").encode()
    after, _ = canvas.fill(CLASS, book, Choices(column="12"))
    assert changed(book, after, ";") == {(3, 7): "6,3", (4, 7): "6,3"}


@pytest.mark.parametrize(
    ("book", "column", "said"),
    [
        (BOOK, "", "name the assignment of Canvas to fill in, by its title or id; there are: Homework 1 (11), Chat server (12)."),
        (BOOK, "Chat", "there is no assignment of Canvas called Chat; there are: "),
        (BOOK, "Final Score", "there is no assignment of Canvas called Final Score"),
        (BOOK.replace("Homework 1", "Chat server"), "Chat server", "several assignments of Canvas are called Chat server"),
        ("a,b\n1,2\n", "", "the file to fill in is no grade book of Canvas"),
        ("", "", "the file to fill in is no grade book of Canvas"),
    ],
)  # fmt: skip
def test_canvas_refuses(book, column, said):
    """A column that is not clear, or another file, is refused in a sentence."""
    with pytest.raises(UsageError, match=re.escape(said)):
        canvas.fill(CLASS, book.encode(), Choices(column=column))


def test_canvas_with_one_assignment():
    """The only assignment needs no name."""
    book = BOOK.replace("Homework 1 (11)", "Homework 1").encode()
    assert changed(book, canvas.fill(CLASS, book, Choices())[0]).keys() == {(3, 7), (4, 7)}


# -- Moodle ------------------------------------------------------------------------------------------------------------

SHEETS = {
    "en": (
        "Participant ", "Yes", "20.00",
        'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
        '"Last modified (submission)","Online text","Last modified (grade)","Feedback comments"',
    ),
    "de": (
        "Teilnehmer/in", "Ja", '"20,00"',
        'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,"Bewertung kann geändert werden",'
        '"Zuletzt geändert (Abgabe)","Texteingabe online","Zuletzt geändert (Bewertung)","Feedback als Kommentar"',
    ),
    "fr": (
        "Participant ", "Oui", '"20,00"',
        'Identifiant,"Nom complet","Adresse de courriel",Statut,Note,"Note maximale","La note peut être modifiée",'
        '"Dernière modification (travail remis)","Texte en ligne","Dernière modification (note)","Feedback par commentaires"',
    ),
    "es": (
        "Participante ", "Sí", '"20,00"',
        'Identificador,"Nombre completo","Dirección de correo",Estado,Calificación,"Calificación máxima","Se puede cambiar",'
        '"Última modificación (entrega)","Texto en línea","Última modificación (calificación)",'
        '"Comentarios de retroalimentación"',
    ),
    "ja": (
        "参加者", "Yes", "20.00",
        "ID,フルネーム,メールアドレス,ステータス,評点,最大評点,評点の変更可否,"
        '"最終更新日時 (提出)",オンラインテキスト,"最終更新日時 (評定)",フィードバックコメント',
    ),
    "ru": (
        "Участник", "Да", '"20,00"',
        'Идентификатор,"Полное имя","Адрес электронной почты",Статус,Оценка,"Максимальная оценка","Можно изменить",'
        '"Последнее изменение (ответ)","Ответ в виде текста","Последнее изменение (оценка)","Отзыв в виде комментария"',
    ),
    "a language that nobody taught us": (
        "Ulosallistuja ", "Jo", "20.00",
        'Tunnus,"Koko nimi",Osoite,Tila,Arvio,"Suurin arvio","Muutettavissa",'
        '"Muokattu (palautus)",Teksti,"Muokattu (arvio)","Sanallinen arvio"',
    ),
}  # fmt: skip


def sheet(language: str, *, maximum: str = "", feedback: str = "") -> bytes:
    """A worksheet of four students, one with a text of several lines."""
    participant, yes, usual, header = SHEETS[language]
    rest = f'{maximum or usual},{yes},"Monday, 6 May 2024, 9:00",'
    lines = [
        header,
        f'"{participant}101","Ada, L",ada@uni.example,"Submitted, late",,{rest}"<p>two\nlines, ""ok""</p>",-,{feedback}',
        f"{participant}102,Bob,bob@uni.example,Submitted,,{rest},-,",
        f"{participant}103,Cyd Ö,cyd@uni.example,,,{rest},-,",
        f"{participant}104,Dan,dan@uni.example,,3.00,{rest},-,old",
    ]
    return "\n".join([*lines, ""]).encode()


@pytest.mark.parametrize("language", SHEETS)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_moodle_changes_grade_and_feedback(language, bom, end):
    """Grade and feedback of who was graded differ, whatever language the site speaks, and nothing else."""
    before = bom + sheet(language).replace(b"\n", end)
    after, notes = moodle.fill(CLASS, before, Choices())
    found = changed(before, after)
    assert found.keys() == {(1, 4), (1, 10), (2, 4), (2, 10)}
    assert found[1, 4] == found[2, 4] == "14"
    assert found[1, 10].startswith("<p>chatgrade: Score 14/20.</p><ul><li>task1.broadcast (0/6, fail): A message")
    assert notes == [
        "cyd: not graded: the archive is broken; left as it was",
        "dan: not final: 4 points awaiting review; left as it was",
    ]
    assert moodle.fill(CLASS, after, Choices())[0] == after, "the same export again changes nothing"


@pytest.mark.parametrize(
    ("maximum", "written"),
    [("100.00", "70"), ('"100,00"', "70"), ('"10,00"', "7"), ("3.00", "2.1"), ('"3,00"', "2,1"), ("7.5", "5.25"), ("20", "14")],
)  # fmt: skip
def test_moodle_scales(maximum, written):
    """Points are scaled exactly to the maximum grade, with the file's decimal sign, and that is told."""
    after, notes = moodle.fill(Class((PAIR,)), sheet("de", maximum=maximum), Choices())
    assert read(after)[1][4] == written
    assert any("scaled from 20 points" in note for note in notes) == (written != "14")


def test_moodle_scales_to_what_moodle_keeps():
    """A third has five digits, rounded half up; a score above the maximum, which Moodle would skip, is the maximum."""
    third = graded("x", report(result("task1.listens", points=1), result("task1.broadcast", points=2)), ADA)
    for choice, maximum, written in ((1, "10.00", "3.33333"), (2, "10.00", "6.66667"), (2, "0.00001", "0.00001")):
        data = dict(third.report or {})
        data["tasks"] = [{**task, "checks": [*task["checks"]]} for task in data["tasks"]]
        data["tasks"][0]["checks"][2 - choice] = {**data["tasks"][0]["checks"][2 - choice], "earned": 0}
        after, _ = moodle.fill(Class((replace(third, report=data),)), sheet("en", maximum=maximum), Choices())
        assert read(after)[1][4] == written
    full = graded("x", scored(20, bonus=3), ADA)
    after, notes = moodle.fill(Class((full,)), sheet("en"), Choices(bonus=True))
    assert read(after)[1][4] == "20"
    assert "x: 23 is more than the maximum grade, which was written" in notes


def test_moodle_finds_by_address():
    """Where the class has no numbers of Moodle's, the e-mail address does."""
    by_address = graded("x", scored(14), Person("Ada", "s1", "Ada@uni.example"))
    after, notes = moodle.fill(Class((by_address,)), sheet("en"), Choices())
    assert read(after)[1][4] == "14"
    assert notes[0] == "Ada (x): found by e-mail address"


def test_moodle_keeps_what_a_person_wrote():
    """Feedback that somebody gave is not written over."""
    before = sheet("en", feedback='"Well done, Ada"')
    after, notes = moodle.fill(CLASS, before, Choices())
    assert changed(before, after).keys() == {(1, 4), (2, 4), (2, 10)}
    assert "ada+bob: somebody's feedback stands there already, and was kept" in notes


def test_moodle_without_feedback():
    """A worksheet without a column for feedback gets grades, and that is told."""
    before = (
        "Identificador,Nom complet,Estat,Qualificació,Qualificació màxima,La qualificació es pot canviar,"
        'Darrera modificació (tramesa),Darrera modificació (qualificació)\nParticipant 101,ADA,Tramés,,"100,00",Sí,-,-'
    ).encode()
    after, notes = moodle.fill(Class((PAIR,)), before, Choices())
    assert changed(before, after) == {(1, 3): "70"}
    assert "the worksheet has no column for feedback; only grades were filled in" in notes


@pytest.mark.parametrize(
    ("data", "column", "said"),
    [
        (b"a,b,c,d\n1,2,3,4\n", "z", "name the column of grades by its title"),
        (sheet("en").replace(b"20.00", b"good").replace(b"Maximum Grade", b"Scale"), "", "is graded by a scale"),
        (b"Name;Note\nAda;7\n", "", "is no grading worksheet of Moodle"),
        (b"", "", "is no grading worksheet of Moodle"),
    ],
)
def test_moodle_refuses(data, column, said):
    """A scale, an unclear column or another file is refused in a sentence."""
    with pytest.raises(UsageError, match=said):
        moodle.fill(CLASS, data, Choices(column=column))


def test_moodle_takes_a_named_column():
    """The column of grades can be named where the worksheet does not tell."""
    before = sheet("a language that nobody taught us")
    assert changed(before, moodle.fill(CLASS, before, Choices(column="arvio"))[0])[1, 4] == "14"


class _Tags(HTMLParser):
    """Collects tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, object]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def with_address(made: Graded) -> Graded:
    """Let a hostile student be Ada."""
    return replace(made, entry=replace(made.entry, people=(replace(ADA, name=made.entry.people[0].name),)))


@fuzz_reports
@given(ANYTHING)
@example("<=1+1\n<script>x</script>,=1\n;@SUM(A1)\x00\u202e")
def test_hostile_students_in_feedback(text):
    """What a student wrote is text in Moodle's editor, and no formula in a spreadsheet that splits at any separator."""
    before = sheet("en")
    made = with_address(hostile(text))
    after, _ = moodle.fill(Class((made,)), before, Choices(provisional=True))
    found = changed(before, after)
    assert found.keys() == {(1, 4), (1, 10)}
    assert {tag for tag, attrs in _Tags(found[1, 10]).tags if not attrs} <= {"p", "ul", "li", "br", "bdi"}
    assert not any(attrs for _, attrs in _Tags(found[1, 10]).tags)
    assert sinks.xml(found[1, 10]) == found[1, 10], "all of it is seen"
    assert "\n" not in found[1, 10]
    assert not found[1, 10].startswith(FORMULA)
    assert not re.search(r"[;,|][\s\"]*[=+\-@]", found[1, 10])


def test_export_reads_the_file(tmp_path):
    """The command reads the file to fill in, and gives the new one beside the notes."""
    (tmp_path / "book.csv").write_bytes(b"\xef\xbb\xbf" + BOOK.encode())
    made = export(CLASS, "canvas", tmp_path / "book.csv", Choices(column="Chat server (12)"))
    (data,) = made.files.values()
    assert changed(b"\xef\xbb\xbf" + BOOK.encode(), data).keys() == {(3, 7), (4, 7)}
    assert len(made.notes) == 3
