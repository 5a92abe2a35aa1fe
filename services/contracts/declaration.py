"""The declaration: one statement, by one source, at one time, about one person.

It is the hub's own format: what a partner writes in JSON, and what every other format becomes.

    nature        the kind of statement, one of `NATURES`
    reference     the source's own number for what it speaks of (a dossier, a contract, a jury…)
    emise_le      when the source said it; the latest statement of a source replaces its earlier ones
    personne      the person's traits, as the source knows them
    dossier       the funder's dossier it completes, when the source is not that funder
    rectifie      the earlier line (lot, ligne) that this whole declaration takes the place of
    faits         what is stated, one schema per kind

A `suppression` takes an earlier line back and states nothing. Amounts are euro cents, days
`aaaa-mm-jj`, instants ISO 8601 with their offset. Field set after arrêté du 11/10/2019 annex 1.
"""

from typing import Any

from marshmallow import ValidationError, validates_schema

from services.contracts.fields import (
    Asked,
    Cents,
    Code,
    Day,
    Identifier,
    Instant,
    Many,
    Part,
    PartialDay,
    Text,
    Whole,
    YesNo,
    siret,
)
from services.reference import identifiers, nomenclatures


def _nir(text: str) -> identifiers.Valid | identifiers.Invalid:
    """The NIR (INSEE), with its key or without: OPCO collect 13 characters, the CDC's XSD has no key."""
    return identifiers.check_nir(text, key_required=False)


class Naissance(Asked):
    """Where and when a person was born; `commune` in France (COG), `pays` elsewhere (INSEE 99xxx)."""

    date = PartialDay(required=True)
    commune = Identifier("commune", identifiers.check_commune)
    pays = Identifier("pays", identifiers.check_pays)


class Adresse(Asked):
    """Where a person lives; abroad, the town alone."""

    code_postal = Identifier("code_postal", identifiers.check_code_postal)
    commune = Text(most=80)  # its name, as addresses have it


class Personne(Asked):
    """The traits by which a source knows a person. `nir_certifie`: the NIR was given back by the register
    (SNGI) for this civil status; without it, it is only what the source was told. Believed of the Caisse des
    Dépôts and of France Travail, who ask the register; a line of another source is taken as without it."""

    nir = Identifier("nir", _nir)
    nir_certifie = YesNo()
    nom_naissance = Text(required=True, most=80)
    nom_usage = Text(most=80)
    prenoms = Many(Text(most=60), required=True, least=1, most=10)
    sexe = Code(frozenset({"M", "F"}), required=True)
    naissance = Part(Naissance, required=True)
    adresse = Part(Adresse)


class Organisme(Asked):
    """The training body, as the funder knows it."""

    siret = siret(required=True)
    nda = Identifier("nda", identifiers.check_nda)
    uai = Identifier("uai", identifiers.check_uai)


class Formation(Asked):
    """The dossier as its funder knows it."""

    intitule = Text(required=True)
    dispositif = Code(nomenclatures.DISPOSITIFS, required=True)
    organisme = Part(Organisme, required=True)
    certification = Identifier("certification", identifiers.check_certification)
    formacode = Identifier("formacode", identifiers.check_formacode)
    lieu = Identifier("commune", identifiers.check_commune)
    modalite = Code(nomenclatures.MODALITES)
    employeur = siret()
    accord_le = Day()
    debut_prevu = Day(required=True)
    fin_prevue = Day(required=True)
    heures_prevues = Whole(most=20_000)
    cout_total = Cents()  # accepted, of all funders together

    @validates_schema(skip_on_field_errors=True)
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        if data["fin_prevue"] < data["debut_prevu"]:
            raise ValidationError("fin_avant_debut", "fin_prevue")


class Realisation(Asked):
    """What became of it: one event, and the day it took effect (L.6353-10).

    Of a `report` or a `prolongation`: the dates planned from now on. Of a `contrat` (alternance): its
    employer and planned end (`fin`); of a `rupture`, `le` is the first day without the contract.
    """

    evenement = Code(nomenclatures.EVENEMENTS, required=True)
    le = Day(required=True)
    motif = Code(nomenclatures.MOTIFS_REALISATION)
    heures_realisees = Whole(most=20_000)
    taux_realisation = Whole(most=100)
    realisation = Code(nomenclatures.REALISATIONS)
    force_majeure = YesNo()
    debut_prevu = Day()
    fin_prevue = Day()
    employeur = siret()
    fin = Day()

    @validates_schema(skip_on_field_errors=True)
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        if "debut_prevu" in data and "fin_prevue" in data and data["fin_prevue"] < data["debut_prevu"]:
            raise ValidationError("fin_avant_debut", "fin_prevue")
        if "fin" in data and data["fin"] < data["le"]:
            raise ValidationError("fin_avant_debut", "fin")


class Poste(Asked):
    """One nature of cost and its amount."""

    nature = Code(nomenclatures.NATURES_COUT, required=True)
    montant = Cents(required=True)


class Financement(Asked):
    """What one funder pays of the dossier. The declaration's source is the funder."""

    postes = Many(Part(Poste), required=True, least=1, most=20)
    accord_le = Day()


class Remuneration(Asked):
    """What a payer (ASP, Docaposte) paid to the person for a period of training."""

    debut = Day(required=True)
    fin = Day(required=True)
    montant = Cents(required=True)

    @validates_schema(skip_on_field_errors=True)
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        if data["fin"] < data["debut"]:
            raise ValidationError("fin_avant_debut", "fin")


class Certification(Asked):
    """The result of a certification, by its certificateur (SI-CPF, R.6113-17-1)."""

    certification = Identifier("certification", identifiers.check_certification, required=True)
    resultat = Code(nomenclatures.RESULTATS_CERTIFICATION, required=True)
    le = Day(required=True)
    mention = Code(nomenclatures.MENTIONS)
    fin_validite = Day()


class Emploi(Asked):
    """An employment contract (NEODeS S21.G00.40 and .62).

    An end once told stays until it is taken back: by `motif_fin` 099, or by a rectification.
    """

    employeur = siret(required=True)
    numero_contrat = Text(most=20)
    nature_contrat = Code(nomenclatures.NATURES_CONTRAT, required=True)
    dispositif = Code(nomenclatures.DISPOSITIFS_CONTRAT)
    debut = Day(required=True)
    fin = Day()
    motif_fin = Code(nomenclatures.MOTIFS_FIN_CONTRAT)

    @validates_schema(skip_on_field_errors=True)
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        if "fin" in data and data["fin"] < data["debut"]:
            raise ValidationError("fin_avant_debut", "fin")


class Accompagnement(Asked):
    """A follow-up by a CEP operator (L.6111-6), level 1 or 2."""

    niveau = Code(nomenclatures.NIVEAUX_CEP, required=True)
    debut = Day(required=True)
    fin = Day()


class DossierFinanceur(Asked):
    """A funder's dossier, by the funder's SIRET and its own number."""

    financeur = siret(required=True)
    reference = Text(required=True, most=64)


class Ligne(Asked):
    """An earlier line of the same source."""

    lot = Text(required=True, most=64)
    ligne = Whole(required=True, least=1)


class _Declaration(Asked):
    """What every kind of declaration has."""

    nature = Text(required=True)
    reference = Text(required=True, most=64)
    emise_le = Instant(required=True)
    personne = Part(Personne, required=True)
    dossier = Part(DossierFinanceur)
    rectifie = Part(Ligne)


class FormationDeclaree(_Declaration):
    faits = Part(Formation, required=True)


class RealisationDeclaree(_Declaration):
    faits = Part(Realisation, required=True)


class FinancementDeclare(_Declaration):
    faits = Part(Financement, required=True)


class RemunerationDeclaree(_Declaration):
    faits = Part(Remuneration, required=True)


class CertificationDeclaree(_Declaration):
    faits = Part(Certification, required=True)


class EmploiDeclare(_Declaration):
    faits = Part(Emploi, required=True)


class AccompagnementDeclare(_Declaration):
    faits = Part(Accompagnement, required=True)


class Suppression(_Declaration):
    rectifie = Part(Ligne, required=True)


# One schema per kind, made once: a marshmallow schema is costly to make and free to reuse.
NATURES: dict[str, _Declaration] = {
    "formation": FormationDeclaree(),
    "realisation": RealisationDeclaree(),
    "financement": FinancementDeclare(),
    "remuneration": RemunerationDeclaree(),
    "certification": CertificationDeclaree(),
    "emploi": EmploiDeclare(),
    "accompagnement": AccompagnementDeclare(),
    "suppression": Suppression(),
}
