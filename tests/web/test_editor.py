"""The editor over HTTP: what stands in a rubric stays in its next version, also where its form has no field for it."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from living_cell import PROGRAMME, contract_text, rubric_text
from web.visitor import Visitor, filled, pages_at

from tallystick.app import contract, rubric
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


NOWHERE = f"/programmes/{PROGRAMME}/rubric-editor"
CHANGE = "changelog: Other words.\nrationale: The old ones said too little.\n"


def creative(version: str, question: str) -> str:
    """A rubric of the domain `creative`."""
    text = rubric_text(version, question=question).replace("domain: general", "domain: creative")
    return text.replace("id: general", "id: creative")


@pytest.mark.parametrize("editor", ["creative", "new"])
def test_a_draft_begun_where_nothing_was_in_force_takes_nothing_back_without_a_word(
    editor: str, tmp_path: Path
) -> None:
    """Two leads begin the same rubric; the second one sees what the first brought into force before it is replaced."""
    at = f"{NOWHERE}/{editor}"
    with pages_at(tmp_path) as served:
        world = served.world
        contract.bring_into_force(
            world.cell,
            world.lead,
            text=contract_text("1.1.0", domains=("general", "creative")),
            name="c",
            key=new_key(),
        )
        lead = Visitor(served, world.lead)
        fields = {"csrf": lead.csrf, "as": "text", "begun_from": lead.filled(at, at)["begun_from"]}
        mine = creative("1.0.0", "Mine, begun first?")
        assert lead.post(at, fields | {"do": "text", "text": mine}).status_code == 200
        rubric.publish(
            world.cell, world.lead, programme=PROGRAMME, text=creative("1.0.0", "The other one's question?"),
            name="r", key=new_key(),
        )  # fmt: skip
        assert "Version 1.0.0 is in force, and this draft was begun where nothing was." in lead.get(at).text
        fields |= {"do": "publish", "text": CHANGE + mine.replace("1.0.0", "1.1.0"), "idempotency_key": new_key()}
        held = lead.post(at, fields)
        assert held.status_code == 409, held.text
        assert "What differs from version 1.0.0" in held.text
        found = rubric.rubric_page(world.cell, world.lead, programme=PROGRAMME, rubric="creative")
        assert not isinstance(found, Refused)
        assert found.rubric.version == "1.0.0"
        seen = filled(held.text, at)["begun_from"]
        assert lead.post(at, fields | {"begun_from": seen}).status_code == 303, "who has seen it may go on"


@pytest.mark.parametrize("verb", ["check", "publish"])
def test_the_text_of_another_rubric_is_refused_at_its_id(verb: str, tmp_path: Path) -> None:
    """It was compared by its own id and held by the editor's: whoever sent it came no further, however often."""
    with pages_at(tmp_path) as served:
        lead = Visitor(served, served.world.lead)
        begun = lead.filled(AT, AT)["begun_from"]
        text = rubric_text("1.1.0").replace("id: general", "id: medical")
        fields = {"csrf": lead.csrf, "as": "text", "text": text, "begun_from": begun, "idempotency_key": new_key()}
        refused = lead.post(AT, fields | {"do": verb})
    assert refused.status_code == 422
    assert "the id general, of the rubric that is edited here" in refused.text
    assert filled(refused.text, AT)["begun_from"] == begun


def test_a_line_break_in_a_field_of_one_line_is_kept(tmp_path: Path) -> None:
    """A browser would take it out on the way through a form: such a document is changed as text."""
    with pages_at(tmp_path) as served:
        world = served.world
        text = rubric_text("1.1.0").replace("name: Reasoning", 'name: "Rea\\nsoning"', 1)
        rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
        lead = Visitor(served, world.lead)
        page = lead.get(AT)
        assert "A field of one line holds a line break" in page.text
        assert 'name="criteria.0.name"' not in page.text
        saved = lead.post(AT, lead.filled(AT, AT) | {"do": "text"})
        assert filled(saved.text, AT)["text"] == filled(page.text, AT)["text"]


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


@pytest.mark.parametrize("is_form", [True, False])
def test_what_was_typed_into_an_editor_after_the_session_ended_is_shown_to_be_copied(
    is_form: bool, tmp_path: Path
) -> None:
    """Back leads to the form to sign in on by then: without the words on the page they were nowhere."""
    with pages_at(tmp_path) as served:
        fields = Visitor(served, served.world.lead).filled(AT, AT)
        words = "Say <b>why</b>, </textarea> and not only what."
        fields |= {"do": "save", "password": "a secret", "new-password": "a secret", "credential_number": "C-1"}
        fields |= {"title": words} if is_form else {"as": "text", "text": f"title: x\n# {words}\n"}
        nobody = Visitor(served, None)
        turned = nobody.post(AT, fields)
        forged = nobody.post(AT, fields, headers={"Origin": "https://elsewhere.test"})
        own = Visitor(served, served.world.lead)
        other_session = own.post(AT, fields | {"csrf": "of the session before this one"})
        signing = nobody.post("/sign-in", {"login": "lead", "password": "a secret", "notes": words})
    assert turned.status_code == 401
    shown = [unescape(one) for one in re.findall(r"<textarea[^>]* readonly>\n(.*?)</textarea>", turned.text, re.DOTALL)]
    assert any(words in one for one in shown), turned.text
    assert "<b>why" not in turned.text
    assert all(one not in "".join(shown) for one in ("a secret", "C-1", "csrf", "idempotency_key"))
    assert (words in unescape(other_session.text), other_session.status_code) == (True, 403)
    assert words not in unescape(forged.text)
    assert words not in unescape(signing.text)
