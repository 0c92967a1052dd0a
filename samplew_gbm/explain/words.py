"""An explanation in a few words, shared by text, page and picture."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samplew_gbm.explain.recommendation import Explanation

START = "where every candidate starts"
_CLOSE = 1e-9  # relative: what adds up in another order differs in the last bits


def headline(found: "Explanation") -> str:
    """The place of the item."""
    if found.rank is not None:
        return f"place {found.rank:,} of {found.n_candidates:,} candidates"
    return f"not recommended; {found.n_better:,} of {found.n_candidates:,} candidates score higher"


def nominated(found: "Explanation") -> str:
    """The sources that have the item in their lists."""
    listed = [f"{each.source} (place {each.place})" for each in found.nominations if each.place is not None]
    return f"nominated by {', '.join(listed)}" if listed else "no source nominates it for this user"


def what_sums(found: "Explanation") -> str:
    """What the contributions sum to."""
    same = abs(found.total - found.score) <= _CLOSE * max(1.0, abs(found.score))
    return "score" if same else "log odds of the score"
