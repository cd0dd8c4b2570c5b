"""What each number on the page of a follow-up means."""

from __future__ import annotations

from calcimetry.render.definitions import Definition

#: In the order in which a reader meets them; keys are those of docs/measurements.md.
FOLLOWUP_DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "change",
        "Change",
        "",
        "Later minus first, and in percent of the first. Of several lesions that merged or split "
        "the sums are compared. A total holds the calcium lesions that were compared: those whose "
        "place both visits show. Volume and mass are measured together where both images are at "
        "hand: in one region, which is all that either visit drew. The two sizes here may "
        "therefore differ a little from those of each visit's own report.",
    ),
    Definition(
        "change_interval",
        "95% interval of a change",
        "",
        "Where the true change is expected in 95 of 100 cases. What both visits share, such as the "
        "calibration, cancels in the relative change; what is random from scan to scan does not. "
        "Wider where the visits were scanned in different ways.",
    ),
    Definition(
        "detectable",
        "Detectable change",
        "%",
        "The least decrease and increase that is more than error with 95% confidence, for a "
        "lesion of this size.",
    ),
    Definition(
        "category",
        "Category",
        "",
        "Progression or improvement: the change is beyond the detectable one. Stable: it is not. "
        "Below detection: so small at both visits that nobody can say whether it was missed or "
        "not there. Volume or mass decides, whichever is known better; in pictures the area.",
    ),
    Definition(
        "rule_25",
        "25% rule",
        "",
        "The published rule, whatever the error: progression above +25%, improvement below -25% "
        "(Valenzuela et al., Semin Arthritis Rheum 2022). It was made for a radiographic score.",
    ),
    Definition(
        "match",
        "Match",
        "",
        "At both visits, new, gone, merged (several became one), split (one became several), "
        "regrouped (several became several others), drawn at one visit (its place at the other "
        "shows at least half as much and is measured instead). Not compared: its place is not in "
        "view at the other visit, or no bone near it could be aligned.",
    ),
    Definition(
        "score",
        "Score of a match",
        "",
        "1 where the smaller lesion lies within the other after alignment, or the user paired "
        "them; less where less of it does; below 0.5 where they only lie near each other.",
    ),
    Definition(
        "same_axes",
        "Same axes",
        "mm",
        "Long and short chord along the baseline's own directions, carried by the nearest bone, at "
        "both visits; read off the label maps in one way. Beside them the axes as each visit "
        "measured them afresh.",
    ),
    Definition(
        "alignment",
        "Alignment",
        "mm",
        "Each bone of the later visit is laid rigidly onto the baseline's. The residual is the "
        "root mean square distance of the two surfaces where they lie together; above the limit "
        "the bone carries no lesion.",
    ),
)
