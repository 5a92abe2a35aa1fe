"""Recognises the files of several funders that are one path: one dossier with several financements.

Same person, same training body (SIREN: one establishment may sign for another), periods that overlap,
and not two different certifications. Whatever is linked through a third is linked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.dossier.domain.contribution import File

SIREN = 9


def is_same_path(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two formations, as their funders state them, are one path."""
    if one["organisme"]["siret"][:SIREN] != other["organisme"]["siret"][:SIREN]:
        return False
    if one["fin_prevue"] < other["debut_prevu"] or other["fin_prevue"] < one["debut_prevu"]:
        return False
    codes = {one.get("certification"), other.get("certification")} - {None}
    return len(codes) < 2


def paths_of(formations: Mapping[File, Mapping[str, Any]]) -> list[list[File]]:
    """The files grouped into paths, each sorted, in the order of their first file."""
    groups: list[list[File]] = []
    for file in sorted(formations):
        joined = [group for group in groups if _belongs(formations, file, group)]
        merged = sorted([file, *(member for group in joined for member in group)])
        groups = [group for group in groups if group not in joined] + [merged]
    return sorted(groups)


def _belongs(formations: Mapping[File, Mapping[str, Any]], file: File, group: Sequence[File]) -> bool:
    return any(is_same_path(formations[file], formations[member]) for member in group)
