"""Says whose word certifies a NIR: theirs who compare it with the register themselves.

The register is the SNGI, where the CNAV keeps the identities of INSEE's RNIPP and of those born abroad. A NIR
is certified when the number and the civil status were found there together. Nothing in the number tells: one
given while waiting (NIA, circulaire DSS 2012-213) is built like a NIR and becomes one. So it is known by who
says it, and what anybody else calls certified is a NIR as any other.
"""

from collections.abc import Mapping
from typing import Any

# By profile, and how they come to ask the register. Who is not here only collects the number: funders, payers
# and certificateurs from the person, the employer or the training body. Nor is `dsn`: the number is the
# employer's (NEODeS S21.G00.30.001, where a NIA is admitted without time limit), no rubric says that it is
# certified, and what the SNGI answers afterwards (BIS, CRM 121) goes back to the employer.
CERTIFIERS = frozenset(
    {
        # Looks for every holder in the SNGI before anything enters the SI-CPF (portail des certificateurs:
        # « Malgré la vérification de l’identité des certifiés, les passages sont toujours KO »).
        "caisse_des_depots",
        # Nobody is registered before the CNAV has certified identity and NIR (instructions Pôle emploi
        # 2012-110 and 2014-45).
        "france_travail",
    }
)


def may_certify(profile: str | None) -> bool:
    """Whether a source of this profile is believed when it says that a NIR is certified; one that nobody
    knows is not."""
    return profile in CERTIFIERS


def is_certified(told: Mapping[str, Any], profile: str | None) -> bool:
    """Whether there is a NIR that who tells it may certify, and does."""
    return bool(told.get("nir") and told.get("nir_certifie")) and may_certify(profile)
