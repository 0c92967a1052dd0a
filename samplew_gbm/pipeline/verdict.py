"""What the gate found, as it is kept in the model and told to people."""

import msgspec

EVERY_ROW = "every interaction, accidental ones too"
USERS, QUERIES = "users", "queries"  # who may be asked
Setting = dict[str, str | float]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether the weights were kept, and by what evidence.

    ``change`` is the mean difference of NDCG at ``k`` between the weighted ranker and its twin over
    ``n_users`` users kept from both, ``low`` and ``high`` its one-sided 95 % bounds, ``twin`` the twin's
    mean: all by ``label``, the rows that were asked. ``top_change`` is the mean difference of NDCG@10, as a
    share of the twin's. ``setting`` is what was chosen among ``n_settings``, and ``controls`` are the
    changes by weights that must not help, where weights had to prove themselves. Where what was judged is
    ``without_accidents``, its tables were learned without the rows that are likeliest to be some, the
    twin's from all. With too few users nothing was trained: ``n_settings`` is 0, and the figures are null.
    """

    kept: bool
    label: str
    setting: Setting
    n_settings: int
    n_users: int
    change: float | None
    low: float | None
    high: float | None
    twin: float | None
    controls: dict[str, float]
    unit: str = USERS
    without_accidents: bool = False
    k: int = 10
    top_change: float = 0.0

    def words(self) -> str:
        """What became of the weights and why, in one line for people."""
        if self.change is None or self.low is None or self.high is None or not self.twin:
            few = f"{self.n_users:,} {self.unit} are too few to tell whether weights help"
            return f"trained without weights: {few}"
        change, low, high = (f"{value / self.twin:+.1%}" for value in (self.change, self.low, self.high))
        top = "" if self.k == 10 else f", NDCG@10 {self.top_change:+.1%},"
        found = f"NDCG@{self.k} {change} (90 % interval {low} to {high}){top}"
        found = f"{found} on {self.n_users:,} {self.unit} kept out"
        return f"{self._fate()}: {found}, judged by {self.label}"

    def _fate(self) -> str:
        if not self.without_accidents:
            return "weights kept" if self.kept else "weights refused, trained without"
        weighted = self.setting["importance"] != "none"
        what = "weights and tables without accidents" if weighted else "tables without accidents"
        fate = "kept" if self.kept else "refused, trained with all rows and without weights"
        return f"{what} {fate}"


def undecided(n_users: int, unit: str = USERS) -> Verdict:
    """The verdict where too few users, or what else ``unit`` says, could be asked."""
    return Verdict(
        kept=False,
        label="",
        setting={},
        n_settings=0,
        n_users=n_users,
        change=None,
        low=None,
        high=None,
        twin=None,
        controls={},
        unit=unit,
    )
