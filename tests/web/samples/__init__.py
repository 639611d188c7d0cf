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
    monitoring,
    people,
    programme,
    results,
    rubrics,
    sentinels,
    standing,
    work,
)

ALL = (
    *monitoring.SAMPLES,
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
    *sentinels.SAMPLES,
)
