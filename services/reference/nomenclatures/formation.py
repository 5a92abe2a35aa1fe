"""Codes of training: dispositifs, events, costs, certifications, follow-up."""

from collections.abc import Mapping
from datetime import date

from services.reference.nomenclatures.validity import Validity

# Ours, after the names of the Code du travail and of France Travail.
DISPOSITIFS: Mapping[str, str] = {
    "CPF": "Compte personnel de formation",
    "CPF_TRANSITION": "Projet de transition professionnelle",
    "PRO_A": "Reconversion ou promotion par alternance",
    "APPRENTISSAGE": "Contrat d’apprentissage",
    "PROFESSIONNALISATION": "Contrat de professionnalisation",
    "PLAN_DEVELOPPEMENT": "Plan de développement des compétences",
    "AIF": "Aide individuelle à la formation",
    "AFC": "Action de formation conventionnée",
    "POEI": "Préparation opérationnelle à l’emploi individuelle",
    "POEC": "Préparation opérationnelle à l’emploi collective",
    "AFPR": "Action de formation préalable au recrutement",
    "AIR": "Aide individuelle régionale",
    "PRF": "Programme régional de formation",
    "PIC": "Plan d’investissement dans les compétences",
    "FNE": "FNE-Formation",
    "CSP": "Contrat de sécurisation professionnelle",
    "VAE": "Validation des acquis de l’expérience",
    "BILAN_COMPETENCES": "Bilan de compétences",
    "PERIODE_RECONVERSION": "Période de reconversion",
    "DEMISSIONNAIRE": "Projet de reconversion du salarié démissionnaire",
    "DIF_ELUS": "Droit individuel à la formation des élus",
}

# Between which days one could enter by a dispositif. Those left out have no day we are certain of.
VALIDITE_DISPOSITIFS: Mapping[str, Validity] = {
    "CPF": Validity(date(2015, 1, 1)),  # loi 2014-288
    "CPF_TRANSITION": Validity(date(2019, 1, 1)),  # loi 2018-771
    "PRO_A": Validity(date(2019, 1, 1), date(2025, 12, 31)),  # loi 2018-771 to loi 2025-989
    "PERIODE_RECONVERSION": Validity(date(2026, 1, 1)),  # loi 2025-989
    "PLAN_DEVELOPPEMENT": Validity(date(2019, 1, 1)),  # loi 2018-771
    "DEMISSIONNAIRE": Validity(date(2019, 11, 1)),  # décret 2019-797
    "DIF_ELUS": Validity(date(2016, 1, 1)),  # loi 2015-366
}

# LHEO modalites-enseignement, and two ways of organising: AFEST (L.6313-2), alternance.
MODALITES: Mapping[str, str] = {
    "presentiel": "En présentiel",
    "mixte": "Mixte",
    "a_distance": "À distance",
    "afest": "En situation de travail",
    "alternance": "En alternance",
}

# L.6353-10: début, interruptions, achèvement; what is decided before (accord, refus, annulation); the
# contract of an alternant (D.6224-1, L.6222-18); the service fait (R.6323-33 3°).
EVENEMENTS: Mapping[str, str] = {
    "entree": "Entrée effective",
    "interruption": "Interruption",
    "reprise": "Reprise",
    "sortie": "Sortie effective",
    "abandon": "Abandon",
    "accord": "Accord de prise en charge",
    "refus": "Refus de prise en charge",
    "annulation": "Annulation avant l’entrée",
    "report": "Report à d’autres dates",
    "prolongation": "Prolongation",
    "contrat": "Début d’un contrat d’alternance",
    "rupture": "Rupture du contrat d’alternance",
    "exclusion": "Exclusion par l’organisme de formation",
    "service_fait": "Service fait",
}

# What was done of what was planned, as EDOF asks at the exit.
REALISATIONS: Mapping[str, str] = {
    "totale": "Réalisation totale",
    "partielle": "Réalisation partielle",
}

# Why a training was interrupted, or ended: EDOF's reasons first, then ours.
MOTIFS_REALISATION: Mapping[str, str] = {
    "force_majeure": "Force majeure",
    "abandon_stagiaire": "Abandon ou absence du stagiaire",
    "interruption_avec_report": "Interruption par l’organisme, avec report",
    "interruption_sans_report": "Interruption par l’organisme, sans report",
    "retour_emploi": "Retour à l’emploi",
    "maladie": "Maladie ou accident",
    "maternite": "Congé lié à une naissance",
    "rupture_contrat": "Rupture du contrat d’alternance",
    "fin_normale": "Fin de la formation",
}

NATURES_COUT: Mapping[str, str] = {
    "pedagogique": "Coût pédagogique",
    "transport": "Transport",
    "hebergement": "Hébergement",
    "restauration": "Restauration",
    "premier_equipement": "Premier équipement",
    "rqth": "Majoration RQTH",
    "mobilite": "Mobilité internationale",
    "remuneration": "Rémunération",
    "participation_titulaire": "Participation du titulaire",
    "abondement": "Abondement",
}

RESULTATS_CERTIFICATION: Mapping[str, str] = {
    "obtenue": "Certification obtenue",
    "partielle": "Blocs de compétences obtenus",
    "echec": "Échec",
}

# SI-CPF, cpf:mentionValidee.
MENTIONS: Mapping[str, str] = {
    "SANS_MENTION": "Sans mention",
    "MENTION_ASSEZ_BIEN": "Mention assez bien",
    "MENTION_BIEN": "Mention bien",
    "MENTION_TRES_BIEN": "Mention très bien",
    "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY": "Mention très bien avec félicitations du jury",
}

# L.6111-6; billed UO1 and UO2.
NIVEAUX_CEP: Mapping[str, str] = {"1": "Information individualisée", "2": "Accompagnement personnalisé"}


def is_dispositif_open(code: str, day: date) -> bool:
    """Whether one could enter training by a dispositif on this day, as far as its days are known."""
    return VALIDITE_DISPOSITIFS.get(code, Validity()).covers(day)
