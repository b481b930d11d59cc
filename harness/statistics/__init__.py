"""Is B better than A, worse, or is no difference shown? Statistics over the same cases, paired.

`compare_pass_rates` and `compare_scores` are all that a report needs; `adjust_for_several` corrects several of them.
The rest is what they are made of. numpy is imported by the functions that need it.
"""

from harness.statistics.bootstrap import bootstrap_interval
from harness.statistics.comparison import Comparison, PairedRates, PairedScores, adjust_for_several
from harness.statistics.intervals import Interval, paired_difference_interval, rate_interval
from harness.statistics.paired import compare_pass_rates, compare_scores
from harness.statistics.planning import difference_shown, mcnemar_power, pairs_needed
from harness.statistics.significance import PValues, holm, mcnemar, sign_flip, sign_flip_steps
from harness.statistics.trials import Tally, flake_rate, pass_at_k, pass_hat_k, tally
from harness.statistics.verdict import Verdict

__all__ = [
    "Comparison",
    "Interval",
    "PValues",
    "PairedRates",
    "PairedScores",
    "Tally",
    "Verdict",
    "adjust_for_several",
    "bootstrap_interval",
    "compare_pass_rates",
    "compare_scores",
    "difference_shown",
    "flake_rate",
    "holm",
    "mcnemar",
    "mcnemar_power",
    "paired_difference_interval",
    "pairs_needed",
    "pass_at_k",
    "pass_hat_k",
    "rate_interval",
    "sign_flip",
    "sign_flip_steps",
    "tally",
]
