"""Codes of training: dispositifs, events, costs, certifications."""

DISPOSITIFS = {
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
    "DEMISSIONNAIRE": "Projet de reconversion du salarié démissionnaire",
    "DIF_ELUS": "Droit individuel à la formation des élus",
}

MODALITES = {
    "presentiel": "En présentiel",
    "mixte": "Mixte",
    "a_distance": "À distance",
    "afest": "En situation de travail",
    "alternance": "En alternance",
}

# L.6353-10: début, interruptions, achèvement.
EVENEMENTS = {
    "entree": "Entrée effective",
    "interruption": "Interruption",
    "reprise": "Reprise",
    "sortie": "Sortie effective",
    "abandon": "Abandon",
}

MOTIFS_REALISATION = {
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

NATURES_COUT = {
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

RESULTATS_CERTIFICATION = {
    "obtenue": "Certification obtenue",
    "partielle": "Blocs de compétences obtenus",
    "echec": "Échec",
}

# SI-CPF, mentionValidee.
MENTIONS = {
    "SANS_MENTION": "Sans mention",
    "MENTION_ASSEZ_BIEN": "Mention assez bien",
    "MENTION_BIEN": "Mention bien",
    "MENTION_TRES_BIEN": "Mention très bien",
    "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY": "Mention très bien avec félicitations du jury",
}

# L.6111-6; billed UO1 and UO2.
NIVEAUX_CEP = {"1": "Information individualisée", "2": "Accompagnement personnalisé"}
