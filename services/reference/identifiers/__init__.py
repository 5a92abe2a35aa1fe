"""Identifiers of the trade: each checked as its issuer does, and put in its canonical form.

"No" is an answer: `check_x` returns `Valid` with the canonical value or `Invalid` with the reason, and
never raises. Existence (in Sirene, in the RNCP at a date) is another question, answered elsewhere.
"""

from services.reference.identifiers.answers import Answer, Invalid, Valid
from services.reference.identifiers.emploi import check_idcc, check_naf, check_pcs, check_rome
from services.reference.identifiers.formation import (
    check_bloc,
    check_certification,
    check_formacode,
    check_nda,
    check_nsf,
    check_rncp,
    check_rs,
    check_uai,
)
from services.reference.identifiers.nir import Nir, check_nir, nir_key
from services.reference.identifiers.sirene import check_siren, check_siret, propose_siret
from services.reference.identifiers.territoire import check_code_postal, check_commune, check_pays

__all__ = [
    "Answer",
    "Invalid",
    "Nir",
    "Valid",
    "check_bloc",
    "check_certification",
    "check_code_postal",
    "check_commune",
    "check_formacode",
    "check_idcc",
    "check_naf",
    "check_nda",
    "check_nir",
    "check_nsf",
    "check_pays",
    "check_pcs",
    "check_rncp",
    "check_rome",
    "check_rs",
    "check_siren",
    "check_siret",
    "check_uai",
    "nir_key",
    "propose_siret",
]
