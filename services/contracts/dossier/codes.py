"""The codes of dossier's messages, and what each means."""

# What an organisation is to a dossier or to a person.
ROLES = ("finance", "paie", "certifie", "accompagne", "emploie")
# A dossier is read block by block; an habilitation opens blocks.
BLOCKS = (
    "formation",
    "dates",
    "financements",
    "remunerations",
    "certifications",
    "emplois",
    "accompagnements",
)

EFFECTS = {
    "dossier_ouvert": "un dossier a été ouvert",
    "dossier_complete": "un dossier a été complété",
    "cofinancement_reconnu": "un cofinancement a été reconnu",
    "parcours_complete": "le parcours de la personne a été complété",
    "remplacee": "une déclaration plus récente la remplace",
    "retiree": "la source l’a retirée ou rectifiée",
    "retrait_effectue": "elle a retiré la déclaration visée",
}

GRAVITIES = {
    "erreur": "une des déclarations est fausse : sa source doit dire laquelle",
    "alerte": "cela peut être exact : à vérifier",
}
# Where a training is: `etat` of what is read.
STATES = {
    "annonce": "annoncé, par d’autres que son financeur",
    "prevu": "prévu",
    "accorde": "pris en charge",
    "refuse": "prise en charge refusée",
    "annule": "annulé avant l’entrée",
    "en_formation": "en formation",
    "interrompu": "interrompu",
    "rompu": "contrat d’alternance rompu",
    "termine": "terminé",
    "abandonne": "abandonné",
    "service_fait": "service fait",
    "certifie": "certifié",
}
# What can be found in a dossier, once declarations meet there: what it is, and what their sources can do
# about it.
ANOMALIES = {
    "sortie_avant_entree": (
        "La sortie précède l’entrée en formation.",
        "Rectifiez la date qui est fausse : celle de l’entrée ou celle de la sortie.",
    ),
    "sortie_sans_entree": (
        "Une sortie est déclarée, et l’entrée ne l’est pas.",
        "Déclarez l’entrée effective (événement « entree »).",
    ),
    "evenement_futur": (
        "L’événement est daté d’après sa déclaration.",
        "Rectifiez la date, ou déclarez l’événement une fois qu’il a eu lieu.",
    ),
    "entree_apres_fin_prevue": (
        "L’entrée est postérieure à la fin prévue.",
        "Rectifiez l’entrée, ou déclarez les nouvelles dates (événement « report »).",
    ),
    "dates_prevues_inversees": (
        "La fin prévue précède le début prévu.",
        "Redonnez ensemble le début et la fin prévus (événement « report »).",
    ),
    "entree_ancienne": (
        "L’entrée précède de plus d’un an la première déclaration du dossier.",
        "Vérifiez l’année de la date d’entrée.",
    ),
    "heures_prevues_excessives": (
        "Les heures prévues dépassent dix heures par jour.",
        "Vérifiez les heures et les dates prévues.",
    ),
    "heures_realisees_excessives": (
        "Les heures réalisées dépassent dix heures par jour entre l’entrée et la sortie.",
        "Vérifiez les heures réalisées et la date de sortie.",
    ),
    "taux_incoherent": (
        "Le taux de réalisation contredit la réalisation totale ou partielle.",
        "Totale : 100 % ; partielle : moins de 100 %. Rectifiez l’un des deux.",
    ),
    "abandon_realise_en_entier": (
        "La formation est abandonnée, et réalisée en entier.",
        "Rectifiez le taux, ou déclarez une sortie au lieu d’un abandon.",
    ),
    "reprise_sans_interruption": (
        "Une reprise est déclarée sans interruption avant elle.",
        "Déclarez l’interruption, ou retirez la reprise.",
    ),
    "evenement_apres_sortie": (
        "L’événement est postérieur à la fin de la formation.",
        "Rectifiez sa date ou celle de la sortie.",
    ),
    "evenement_apres_refus": (
        "L’événement suit un refus ou une annulation.",
        "Retirez l’événement, ou le refus ou l’annulation s’ils n’ont plus lieu d’être.",
    ),
    "annulation_apres_entree": (
        "Le dossier est annulé ou refusé après l’entrée en formation.",
        "Une entrée effective ne s’annule pas : déclarez une sortie, ou rectifiez l’entrée.",
    ),
    "service_fait_sans_sortie": (
        "Le service fait est déclaré avant la sortie.",
        "Déclarez la sortie effective.",
    ),
    "financements_superieurs_au_cout": (
        "La somme des financements dépasse le coût total accepté.",
        "Vérifiez vos postes et le coût total ; rapprochez-vous du cofinanceur.",
    ),
    "financements_inferieurs_au_cout": (
        "La somme des financements n’atteint pas le coût total accepté.",
        "Vérifiez vos postes ; il se peut qu’un cofinanceur n’ait pas encore déclaré sa part.",
    ),
    "couts_differents": (
        "Les financeurs ne déclarent pas le même coût total.",
        "Vérifiez le coût total avec le cofinanceur.",
    ),
    "remuneration_hors_formation": (
        "La période rémunérée est hors des dates de la formation.",
        "Vérifiez la période ; si elle est exacte, les dates du financeur sont à rectifier.",
    ),
    "certification_avant_entree": (
        "La certification est antérieure à l’entrée en formation.",
        "Vérifiez la date du jury et celle de l’entrée.",
    ),
    "dispositif_ferme": (
        "On ne pouvait pas entrer par ce dispositif à cette date.",
        "Vérifiez le dispositif et la date d’entrée.",
    ),
    "duree_contrat": (
        "La durée du contrat d’apprentissage n’est pas comprise entre 6 et 54 mois.",
        "Vérifiez les dates du contrat (CERFA FA 13).",
    ),
    "contrat_hors_formation": (
        "Le contrat commence plus de trois mois avant la formation ou finit plus de trois mois après.",
        "Vérifiez les dates du contrat et de la formation (CERFA FA 13).",
    ),
    "dossier_peut_etre_en_double": (
        "Vous avez un autre dossier pour la même personne, le même organisme et la même période.",
        "Retirez celui qui est de trop, ou faites confirmer que ce sont deux formations.",
    ),
}

# What is notified of a training.
NOTIFIED = {
    "accord": "prise en charge accordée",
    "refus": "prise en charge refusée",
    "annulation": "annulation avant l’entrée",
    "entree": "entrée en formation",
    "interruption": "interruption",
    "reprise": "reprise",
    "rupture": "rupture du contrat d’alternance",
    "contrat": "contrat d’alternance",
    "sortie": "sortie",
    "abandon": "abandon",
    "exclusion": "exclusion",
    "service_fait": "service fait",
    "certification": "certification obtenue",
    "retrait": "le dossier n’est plus au parcours de la personne",
}
# What is notified of what belongs to the person and to none of her dossiers. A stage is no contract of work;
# a certification to which a dossier leads is that dossier's.
NOTIFIED_OF_PARCOURS = {
    "emploi": "contrat de travail",
    "fin_emploi": "fin du contrat de travail",
    "certification": "certification obtenue, hors de tout dossier",
    "accompagnement": "accompagnement par un opérateur CEP",
    "fin_accompagnement": "fin de l’accompagnement",
}
FINALITES = {
    "prise_en_charge": "prise en charge financière des dossiers (R.6323-35 II)",
    "remuneration": "rémunération des stagiaires (L.6341-1)",
    "accompagnement": "conseil en évolution professionnelle (R.6323-35 III)",
    "suivi": "suivi des parcours financés (L.6353-10)",
}

# What a human rules of files is a right of its own.
FINALITES_GESTION = {
    "gestion_dossiers": "tenue des dossiers : cofinancements à réunir, à séparer (R.6323-32, R.6323-33)",
}
MOTIFS = {
    "confirme_par_financeur": "un des financeurs l’a confirmé",
    "confirme_par_organisme": "l’organisme de formation l’a confirmé",
    "convention_presentee": "la convention ou le contrat de formation a été vu",
    "decision_erronee": "une décision antérieure était erronée",
}
CAUSES_DOUTE = {
    "meme_financeur": "deux dossiers d’un même financeur, pour un même organisme et une même période",
    "sessions_successives": "la même certification, au même organisme, en sessions qui se suivent",
    "separes_par_un_tiers": "un même parcours, s’il n’était séparé d’un troisième dossier",
}
STATUTS_APPRENTI = {
    "pre_inscrit": "avant le début de la session",
    "inscrit": "en formation, sans contrat encore",
    "apprenti": "sous contrat",
    "rupturant": "contrat rompu, sans nouveau contrat",
    "fin_de_formation": "formation finie",
    "abandon": "plus de 90 jours sans premier contrat, ou plus de 180 sans nouveau",
}
RULES = {
    "unanime": "nul ne dit autre chose",
    "autorite": "sa source est crue avant les autres sur ce point",
    "fraicheur": "le dire le plus récent",
    "ordre": "dite au même instant, la ligne la plus basse",
    "deduction": "se déduit de plusieurs déclarations ensemble",
    "financement": "son financeur porte la plus grande part du coût pédagogique",
}

CHANGE_KINDS = {
    "ouvert": "le dossier est nouveau, il entre dans votre périmètre, ou il est redit en entier",
    "modifie": "il a changé",
    "retire": "il n’est plus, ou il n’est plus dans votre périmètre",
}
