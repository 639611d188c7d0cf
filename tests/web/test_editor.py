"""The editor over HTTP: what stands in a rubric stays in its next version, also where its form has no field for it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from living_cell import PROGRAMME, rubric_text
from web.visitor import Visitor, pages_at

from tallystick.app import rubric
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import form
from tallystick.web.rubric import editing

AT = f"/programmes/{PROGRAMME}/rubric-editor/general"
LISTS = """
labels:
  category: [{value: factual, title: Factual, help: It says what is not so.}, {value: tone, title: Tone}]
  severity: []
"""
SAID = {"title": "Plain answers again", "changelog": "Another title.", "rationale": "The old one said too little."}


@pytest.mark.parametrize("is_form", [True, False])
def test_closed_lists_stay_in_the_next_version(
    is_form: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the form, and as text where the form has no place for them."""
    if not is_form:
        short = replace(form.SHAPE, parts=tuple(part for part in form.SHAPE.parts if part.key != "labels"))
        monkeypatch.setattr(editing, "SHAPE", short)
    with pages_at(tmp_path) as served:
        world = served.world
        rubric.publish(
            world.cell, world.lead, programme=PROGRAMME, text=rubric_text("1.1.0") + LISTS, name="r.yaml", key=new_key()
        )
        lead = Visitor(served, world.lead)
        page = lead.get(AT)
        assert page.status_code == 200
        assert ("fields for" in page.text) is not is_form
        fields = lead.filled(AT, AT, **SAID)
        if is_form:
            fields = {name: value for name, value in fields.items() if name not in {"as", "text"}}
        else:
            text = str(fields["text"][0])  # type: ignore[index]  # the page's own field
            for name in ("changelog", "rationale"):
                assert f"{name}: ''" in text
                text = text.replace(f"{name}: ''", f"{name}: {SAID[name]}")
            title = next(line for line in text.splitlines() if line.startswith("title: "))
            fields = {**fields, "text": text.replace(title, f"title: {SAID['title']}")}
        checked = lead.post(AT, fields | {"do": "check"})
        assert checked.status_code == 200, checked.text
        assert "Bring it into force" in checked.text
        done = lead.post(AT, fields | {"do": "publish"})
        assert done.status_code == 303, done.text
        found = rubric.rubric_page(world.cell, world.lead, programme=PROGRAMME, rubric="general")
    assert not isinstance(found, Refused)
    assert found.rubric.version == "1.2.0"
    lists = {name: [label.value for label in labels] for name, labels in (found.rubric.labels or {}).items()}
    assert lists == {"category": ["factual", "tone"], "severity": []}


def test_a_document_that_is_too_long_for_a_form_is_changed_as_text_and_loses_nothing(tmp_path: Path) -> None:
    exclusions = "".join(f"      - Reason number {number} is left out.\n" for number in range(130))
    text = rubric_text("1.1.0").replace("    gated: false\n", f"    gated: false\n    exclusions:\n{exclusions}", 1)
    with pages_at(tmp_path) as served:
        world = served.world
        rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
        lead = Visitor(served, world.lead)
        assert "too long for a form" in lead.get(AT).text
        fields = lead.filled(AT, AT)
        begun = str(fields["text"][0])  # type: ignore[index]  # the page's own field
        assert begun.count("is left out") == 130
        for name in ("changelog", "rationale"):
            begun = begun.replace(f"{name}: ''", f"{name}: {SAID[name]}")
        begun = begun.replace("title: ", "title: Other ", 1)
        assert lead.post(AT, fields | {"text": begun, "do": "publish"}).status_code == 303
        found = rubric.rubric_page(world.cell, world.lead, programme=PROGRAMME, rubric="general")
    assert not isinstance(found, Refused)
    assert (found.rubric.version, max(len(one.exclusions) for one in found.rubric.criteria)) == ("1.2.0", 130)


def test_a_draft_that_another_version_overtook_is_published_only_after_its_difference_was_shown(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world = served.world
        lead = Visitor(served, world.lead)
        fields = {name: one for name, one in lead.filled(AT, AT, **SAID).items() if name not in {"as", "text"}}
        assert lead.post(AT, fields | {"do": "save"}).status_code == 200
        text = rubric_text("1.1.0", question="Is each step true, and does it follow?")
        rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
        assert "Version 1.1.0 came into force since" in lead.get(AT).text, "opened again, the draft says so"
        fields |= {"version": "1.2.0", "do": "publish"}
        held = lead.post(AT, fields)
        assert held.status_code == 409
        assert "came into force since" in held.text
        assert "What differs from version 1.1.0" in held.text
        found = rubric.rubric_page(world.cell, world.lead, programme=PROGRAMME, rubric="general")
        assert not isinstance(found, Refused)
        assert found.rubric.version == "1.1.0", "nothing was undone without a word"
        assert lead.post(AT, fields | {"begun_from": "1.1.0"}).status_code == 303, "who has seen it may go on"


def test_a_form_with_too_many_fields_is_refused_with_the_number(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        lead = Visitor(served, served.world.lead)
        fields = lead.filled(AT, AT) | {f"criteria.0.exclusions.{number}": "x" for number in range(2_001)}
        refused = lead.post(AT, fields | {"do": "save"})
    assert refused.status_code == 400
    assert "at most 2000 fields" in refused.text


def test_what_stands_empty_is_said_in_the_words_of_the_form(tmp_path: Path) -> None:
    """At the field nobody reads of keys and lines, which only the text below has."""
    with pages_at(tmp_path) as served:
        lead = Visitor(served, served.world.lead)
        fields = {name: one for name, one in lead.filled(AT, AT, **SAID).items() if name not in {"as", "text"}}
        new = {"criteria.2.id": "tone", "criteria.2.name": "Tone", "priority.0.over": "tone", "domain": ""}
        page = lead.post(AT, fields | new | {"do": "check"})
        other = Visitor(served, served.world.lead, language="de")
        german = other.post(AT, fields | new | {"do": "check", "csrf": other.csrf})
    assert page.status_code == 422
    errors = re.findall(r'<p class="error"[^>]*>([^<]*)</p>', page.text)
    assert "Expected at least one entry here, found none. Add one with the button below." in errors
    assert "Expected words or a number here, found nothing. Fill in this field." in errors
    assert "Expected a choice here, found none. Choose one of the list." in errors
    assert not any("key" in one or "line" in one for one in errors), errors
    assert "mindestens ein Eintrag erwartet" in german.text
    assert "Add one with" not in german.text
