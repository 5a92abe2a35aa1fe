"""Files of records as others write them: encodings, separators, titles and dates are found out, and said."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.contracts.errors import Malformed
from services.identity.evaluation.columns import columns_of
from services.identity.evaluation.dates import DateForm, DateSurvey
from services.identity.evaluation.running import open_source
from services.identity.evaluation.sheets import open_sheet

ROWS = [["Prénom", "Nom", "Ville"], ["Zoé", "Dürr, dite Dupré", "Orléans"], ["Jean\nPaul", 'O"Brien', ""]]


def written(rows: Sequence[Sequence[str]], separator: str) -> str:
    """A table as a spreadsheet writes it."""
    return "".join(
        separator.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_a_table_is_read_whatever_wrote_it(tmp_path: Path, separator: str, encoding: str) -> None:
    file = tmp_path / "records.csv"
    file.write_bytes(written(ROWS, separator).encode(encoding))
    sheet = open_sheet(file)
    assert list(sheet.columns) == ROWS[0]
    assert list(sheet.rows()) == ROWS[1:]


def test_rows_too_short_too_long_or_empty_harm_nobody(tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text("nom;prenom;nom\na;b;c\n\n;;\nd\ne;f;g;h\n")
    sheet = open_sheet(file)
    assert sheet.columns == ("nom", "prenom", "nom_2")
    assert list(sheet.rows()) == [["a", "b", "c"], ["d", "", ""], ["e", "f", "g"]]


TITLES = [
    pytest.param("given_name,surname,date_of_birth,postcode,suburb,state,soc_sec_id",
                 {"prenoms": 0, "nom_naissance": 1, "date_naissance": 2, "code_postal": 3, "commune": 4},
                 id="febrl"),
    pytest.param("First Name,Last Name,DOB,ZIP Code,City,Gender",
                 {"prenoms": 0, "nom_naissance": 1, "date_naissance": 2, "code_postal": 3, "commune": 4,
                  "sexe": 5}, id="American"),
    pytest.param("Vorname;Nachname;Geburtsdatum;PLZ;Wohnort;Geschlecht".replace(";", ","),
                 {"prenoms": 0, "nom_naissance": 1, "date_naissance": 2, "code_postal": 3, "commune": 4,
                  "sexe": 5}, id="German"),
    pytest.param("nombre,apellidos,fecha_de_nacimiento,código postal,municipio,sexo",
                 {"prenoms": 0, "nom_naissance": 1, "date_naissance": 2, "code_postal": 3, "commune": 4,
                  "sexe": 5}, id="Spanish"),
    pytest.param("fname_c1,fname_c2,lname_c1,by,bm,bd",
                 {"prenoms": 0, "autres_prenoms": 1, "nom_naissance": 2, "annee_naissance": 3,
                  "mois_naissance": 4, "jour_naissance": 5}, id="R's RLdata"),
    pytest.param("maiden_name,last_name,fname", {"nom_naissance": 0, "nom_usage": 1, "prenoms": 2},
                 id="a surname beside the name of birth is the name of use"),
    pytest.param("full_name,first_name,surname,dob,dob_year", {"prenoms": 1, "nom_naissance": 2,
                 "date_naissance": 3}, id="nothing twice"),
    pytest.param("name,dob", {"nom_complet": 0, "date_naissance": 1}, id="a whole name"),
    pytest.param("Name,Vorname", {"nom_naissance": 0, "prenoms": 1}, id="a name beside a first name"),
    pytest.param("patient_last_name,patient_first_name", {"nom_naissance": 0, "prenoms": 1}, id="of whom"),
]  # fmt: skip


@pytest.mark.parametrize(("titles", "read"), TITLES)
def test_titles_are_recognised(titles: str, read: dict[str, int]) -> None:
    found = columns_of(titles.split(","))
    assert {word: places[0] for word, places in found.read.items()} == read
    assert set(found.ignored) == {
        title for at, title in enumerate(titles.split(",")) if at not in read.values()
    }


MAPPINGS = [
    pytest.param(["a=nom_naissance", "b=prenoms"], id="twice the option"),
    pytest.param(["a=nom_naissance, b=prenoms"], id="one with a comma"),
    pytest.param(["nom_naissance=a,prenoms=b"], id="the other way round"),
    pytest.param(["a=surname,b=first_name"], id="by a title that is known"),
]


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_with_a_mapping_nothing_else_is_read(mapping: list[str]) -> None:
    found = columns_of(["a", "b", "postcode", "whose"], mapping, "whose")
    assert found.read == {"nom_naissance": (0,), "prenoms": (1,)}
    assert found.ignored == ("postcode",)


REFUSED = [
    pytest.param(["x", "y"], [], None, "colonnes_inconnues", id="nothing usable"),
    pytest.param(["sex", "dob"], [], None, "colonnes_inconnues", id="nobody's name"),
    pytest.param(["surname"], [], "whose", "colonne_absente", id="no such truth"),
    pytest.param(["surname"], [], "surname", "colonnes_inconnues", id="the truth alone"),
    pytest.param(["a"], ["a=nom"], "a", "colonne_de_verite", id="matching by the truth"),
    pytest.param(["a"], ["b=nom"], None, "colonne_absente", id="no such column"),
    pytest.param(["a"], ["a=taille"], None, "mot_inconnu", id="no such word"),
    pytest.param(["a"], ["a"], None, "correspondance_illisible", id="no equals sign"),
]


@pytest.mark.parametrize(("titles", "mapping", "truth", "code"), REFUSED)
def test_what_cannot_be_used_is_refused(
    titles: list[str], mapping: list[str], truth: str | None, code: str
) -> None:
    with pytest.raises(Malformed) as refused:
        columns_of(titles, mapping, truth)
    assert refused.value.code == code


DATES = [
    pytest.param(["1994-03-12"], "1994-03-12", id="ISO"),
    pytest.param(["19940312", "19991231"], "1994-03-12", id="eight digits"),
    pytest.param(["12031994", "31121999"], "1994-03-12", id="eight digits, day first"),
    pytest.param(["03/12/1994", "12/31/1999"], "1994-03-12", id="month first"),
    pytest.param(["12/03/1994", "12/31/1999", "31/12/1999", "30/12/1999"], "1994-03-12",
                 id="day first but for one mistake"),
    pytest.param(["12/03/1994"], "1994-03-12", id="nothing tells: day first"),
    pytest.param(["12.3.94"], "1994-03-12", id="two digits of the last century"),
    pytest.param(["12/3/04"], "2004-03-12", id="two digits of this one"),
    pytest.param(["1994-12-03", "1999-31-12", "1999-30-12"], "1994-03-12", id="year, day, month"),
    pytest.param(["12 mars 1994"], "1994-03-12", id="French words"),
    pytest.param(["March 12, 1994"], "1994-03-12", id="English words"),
    pytest.param(["12-Mär-94"], "1994-03-12", id="German words"),
    pytest.param(["12 de marzo de 1994"], "1994-03-12", id="Spanish words"),
    pytest.param(["1994-03-12T00:00:00"], "1994-03-12", id="with an hour"),
    pytest.param(["19940312.0"], "1994-03-12", id="a number to a spreadsheet"),
    pytest.param(["03/1994"], "1994-03-00", id="no day"),
    pytest.param(["1994"], "1994", id="a year"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "first"), DATES)
def test_dates_are_read_in_the_order_that_most_of_them_allow(told: list[str], first: str) -> None:
    survey = DateSurvey()
    for text in told:
        survey.see(text)
    assert survey.form(2026).read(told[0]) == first


@given(st.lists(st.dates(date(1920, 1, 1), date(2026, 12, 31)), min_size=1), st.sampled_from(["/", "-", "."]))
def test_a_file_with_a_day_past_the_twelfth_is_never_misread(days: list[date], between: str) -> None:
    told = [*days, date(1990, 5, 25)]
    for form in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d"):
        survey = DateSurvey()
        texts = [day.strftime(form.format(between)) for day in told]
        for text in texts:
            survey.see(text)
        read = survey.form(2026)
        assert [read.read(text) for text in texts] == [day.isoformat() for day in told]


@example("¹")  # a digit to Unicode, and no number
@given(st.text(max_size=40))
def test_no_text_stops_the_reading_of_dates(text: str) -> None:
    survey = DateSurvey()
    survey.see(text)
    survey.form(2026).read(text)
    DateForm().of_parts(text, text, text)


def test_three_columns_are_one_date() -> None:
    assert DateForm(this_year=2026).of_parts("1994.0", "3", "12") == "1994-03-12"
    assert DateForm(this_year=2026).of_parts("94", "mars", "") == "1994-03-00"
    assert DateForm(this_year=2026).of_parts("", "", "") == ""


def test_what_stands_for_nothing_is_nobody_s_name_unless_few_bear_it(tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    korean = "".join(f"Kim,Jun {at}\n" for at in range(300)) + "Na,Jun\n"
    file.write_text("surname,first name\n" + korean)
    *_, (_, na) = open_source(file, (), None).lines()
    assert b'"nom_naissance":"Na"' in na
    file.write_text("surname,first name,dob\n" + "NA,Jun,NA\n" * 30)
    _, absent = next(open_source(file, (), None).lines())
    assert b'"nom_naissance":""' in absent
