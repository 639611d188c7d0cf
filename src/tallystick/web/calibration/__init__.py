"""Pages of calibration sessions: open one, label alone, compare, mark a rubric's words, revise it. Through app."""

from tallystick.edge import Site
from tallystick.web.calibration import labelling, opening, revision, session, words

READERS = "calibrate or gate.read"
FORM_BYTES = 200_000
DOCUMENT_BYTES = 1_000_000
SMALL = 50_000


def mount(site: Site) -> None:
    """Register calibration sessions."""
    new, one = "/interventions/{intervention}/calibrate", "/calibrations/{calibration_id}"
    item = one + "/items/{item}"
    site.page(new, opening.ask, permission="intervene")
    site.page(new, opening.open_session, permission="intervene", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(one, session.detail, permission=READERS)
    site.page(f"{one}/reveal", session.reveal, permission="intervene", methods=("POST",), max_bytes=SMALL)
    site.page(f"{one}/end", session.end, permission="intervene", methods=("POST",), max_bytes=SMALL)
    site.page(f"{one}/label", labelling.show, permission="calibrate")
    for path, handler, method in (("label", labelling.act, "POST"), ("draft", labelling.keep_draft, "PUT")):
        site.page(
            f"{item}/{path}", handler, permission="calibrate", methods=(method,), max_bytes=FORM_BYTES,
            form_at=f"{one}/label",
        )  # fmt: skip
    site.page(item, session.item, permission=READERS)
    site.page(f"{item}/why", session.item_why, permission=READERS, methods=("POST",), max_bytes=SMALL)
    site.page(f"{item}/examples", session.propose, permission="calibrate", methods=("POST",), max_bytes=SMALL)
    site.page(f"{one}/rubric", words.show, permission=READERS)
    site.page(f"{one}/rubric/why", words.why, permission=READERS, methods=("POST",), max_bytes=SMALL)
    marks, at = f"{one}/marks", f"{one}/rubric"
    site.page(marks, words.mark, permission="calibrate", methods=("POST",), max_bytes=SMALL, form_at=at)
    site.page(
        f"{marks}/{{number}}", words.answer, permission="intervene", methods=("POST",), max_bytes=SMALL, form_at=at
    )
    site.page(f"{one}/revision", revision.edit, permission="rubric.write")
    site.page(f"{one}/revision", revision.act, permission="rubric.write", methods=("POST",), max_bytes=DOCUMENT_BYTES)
