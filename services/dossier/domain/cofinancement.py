"""Recognises the files of several funders that are one path: one dossier with several financements.

Sure: two funders, the same training body (SIREN: one establishment may sign for another), periods that
overlap, and not two different certifications. Whatever is linked through a third is linked. What only looks
alike is a doubt, shown and not merged, until somebody rules on it: a ruling comes before all the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any, Literal, NamedTuple

from services.dossier.domain.contribution import File

SIREN = 9
# A session that follows another so closely may be its other half: funders share a path by periods too.
CLOSE = timedelta(days=92)

Cause = Literal["meme_financeur", "sessions_successives", "separes_par_un_tiers"]
Formations = Mapping[File, Mapping[str, Any]]


class Ruling(NamedTuple):
    """What somebody decided of two files: they are one path (`join`), or they are not (`part`)."""

    kind: Literal["join", "part"]
    one: File
    other: File


class Pair(NamedTuple):
    """Two files that may be one path, and why they were not made one."""

    one: File
    other: File
    cause: Cause


def is_same_path(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two formations, as their funders state them, can be one path."""
    if one["organisme"]["siret"][:SIREN] != other["organisme"]["siret"][:SIREN]:
        return False
    if one["fin_prevue"] < other["debut_prevu"] or other["fin_prevue"] < one["debut_prevu"]:
        return False
    codes = {one.get("certification"), other.get("certification")} - {None}
    return len(codes) < 2


def paths_of(formations: Formations, rulings: Iterable[Ruling] = ()) -> tuple[list[list[File]], list[Pair]]:
    """The files grouped into paths, each sorted, in the order of their first file; and the doubtful pairs."""
    ruled = {frozenset((ruling.one, ruling.other)): ruling.kind for ruling in rulings}
    group_of = {file: [file] for file in sorted(formations)}
    if len(group_of) > 1:
        pairs = _pairs(formations)
        joined = [tuple(sorted(pair)) for pair, kind in ruled.items() if kind == "join"]
        for one, other in sorted(pair for pair in joined if set(pair) <= group_of.keys()):
            _join(group_of, one, other, ruled)
        for one, other in pairs:
            if one.financeur != other.financeur and is_same_path(formations[one], formations[other]):
                _join(group_of, one, other, ruled)
        doubts = _doubts(formations, pairs, group_of, ruled)
    else:
        doubts = []
    return sorted({id(group): group for group in group_of.values()}.values()), doubts


def _pairs(formations: Formations) -> list[tuple[File, File]]:
    """The pairs worth looking at: of one training body."""
    by_body: dict[str, list[File]] = defaultdict(list)
    for file in sorted(formations):
        by_body[formations[file]["organisme"]["siret"][:SIREN]].append(file)
    return [pair for files in by_body.values() for pair in combinations(files, 2)]


def _join(
    group_of: dict[File, list[File]], one: File, other: File, ruled: Mapping[frozenset[File], str]
) -> None:
    left, right = group_of[one], group_of[other]
    if left is right or any(ruled.get(frozenset((a, b))) == "part" for a in left for b in right):
        return
    merged = sorted([*left, *right])
    group_of.update(dict.fromkeys(merged, merged))


def _doubts(
    formations: Formations,
    pairs: Sequence[tuple[File, File]],
    group_of: Mapping[File, list[File]],
    ruled: Mapping[frozenset[File], str],
) -> list[Pair]:
    return [
        Pair(one, other, cause)
        for one, other in pairs
        if group_of[one] is not group_of[other] and frozenset((one, other)) not in ruled
        if (cause := _cause(formations, one, other))
    ]


def _cause(formations: Formations, one: File, other: File) -> Cause | None:
    first, second = formations[one], formations[other]
    if is_same_path(first, second):
        # One funder's two files may be one path told twice, or two trainings: it alone knows.
        return "meme_financeur" if one.financeur == other.financeur else "separes_par_un_tiers"
    code = first.get("certification")
    if code is None or code != second.get("certification"):
        return None
    begins = max(first["debut_prevu"], second["debut_prevu"])
    ends = min(first["fin_prevue"], second["fin_prevue"])
    is_close = date.fromisoformat(begins) - date.fromisoformat(ends) <= CLOSE
    return "sessions_successives" if is_close else None
