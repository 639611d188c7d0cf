"""One realistic view for every page, in its full, its empty and its refused form."""

from web.samples import (
    accesses,
    agreement,
    calibration,
    disagreement,
    disputes,
    erasure,
    escape,
    keys,
    people,
    programme,
    results,
    rubrics,
    standing,
    work,
)

ALL = (
    *people.SAMPLES,
    *programme.SAMPLES,
    *rubrics.SAMPLES,
    *work.SAMPLES,
    *agreement.SAMPLES,
    *results.SAMPLES,
    *escape.SAMPLES,
    *disputes.SAMPLES,
    *keys.SAMPLES,
    *accesses.SAMPLES,
    *erasure.SAMPLES,
    *disagreement.SAMPLES,
    *standing.SAMPLES,
    *calibration.SAMPLES,
)
