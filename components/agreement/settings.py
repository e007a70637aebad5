"""By how much a refit model may differ from the judged candidate; no TFX, no TensorFlow."""

from typing import Annotated

from pydantic import Field

from perennial.section import Count, Number, Section

Most = Annotated[Number, Field(ge=0)]
MostShare = Annotated[Number, Field(ge=0, le=1)]


class AgreementBounds(Section):
    """How far the scores of a refit model may be from those of the judged candidate on the same rows.

    The rows are those that the candidate was judged by, and the anchors. The anchors' loss has its limit in
    `evaluation.anchors`.

    Attributes:
        max_mean_difference: The mean of the absolute differences, row by row: of probabilities (of several
            classes, half the sum over the classes); of a regression in standard deviations of the label.
        max_ks: The Kolmogorov-Smirnov distance of the two distributions of scores (of several classes, the
            greatest of a class), for which shifts up to 0.02 do not count.
        max_sum_difference: By which share the sum of the scores may differ (of several classes, of each
            class); of a regression the difference of the means in standard deviations of the label.
    """

    max_mean_difference: Most = 0.1
    max_ks: MostShare = 0.2
    max_sum_difference: Most = 0.25


class AgreementLimits(Section):
    """All limits that the Agreement node is given.

    Attributes:
        bounds: Of the scores.
        anchor_rows: Of fewer anchors the loss is not compared.
        anchor_increase: By how much the loss on the anchors may be higher; None: `anchor_share` decides.
        anchor_share: The same as a share of what always answering the training rows' mean costs there.
    """

    bounds: AgreementBounds
    anchor_rows: Count
    anchor_increase: Most | None
    anchor_share: Most
