"""Who funds: the 11 opérateurs de compétences, and the kinds of funder of LHEO."""

from collections.abc import Mapping

# The opérateurs de compétences in office since 1 April 2019 (L.6332-1-1).
OPCOS: Mapping[str, str] = {
    "AFDAS": "Afdas (culture, médias, loisirs, sport)",
    "AKTO": "Akto (services à forte intensité de main-d’œuvre)",
    "ATLAS": "Atlas (services financiers et conseil)",
    "CONSTRUCTYS": "Constructys (construction)",
    "OPCOMMERCE": "L’Opcommerce (commerce)",
    "OCAPIAT": "Ocapiat (agriculture et agroalimentaire)",
    "OPCO_2I": "OPCO 2i (interindustriel)",
    "OPCO_EP": "OPCO EP (entreprises de proximité)",
    "OPCO_MOBILITES": "OPCO Mobilités (transports et services de l’automobile)",
    "OPCO_SANTE": "OPCO Santé (santé, médico-social, social)",
    "UNIFORMATION": "Uniformation (cohésion sociale)",
}

# LHEO dict-financeurs; 1 stands for codes no longer in use and is left out.
FINANCEURS: Mapping[str, str] = {
    "0": "Autre",
    "2": "Conseil régional",
    "3": "Fonds social européen",
    "4": "France Travail",
    "5": "Entreprise",
    "6": "ACSÉ",
    "7": "Agefiph",
    "8": "Conseil départemental",
    "9": "Commune",
    "10": "Bénéficiaire de l’action",
    "11": "État, ministère chargé de l’emploi",
    "12": "État, ministère de l’éducation nationale",
    "13": "État, autre",
    "14": "Fonds européens, autre",
    "15": "Collectivité territoriale, autre",
    "16": "Opérateur de compétences",
    "17": "Transitions Pro",
    "18": "Ladom",
    "19": "État, ministère de l’intérieur",
    "20": "OFII",
}
