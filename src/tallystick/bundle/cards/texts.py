"""The readable files of a release as Markdown. Pure: the same release, the same text."""

from collections.abc import Iterable

import yaml

from tallystick.bundle.cards import told
from tallystick.bundle.cards.evaluation import sections
from tallystick.bundle.cards.markdown import table, warning
from tallystick.bundle.cards.summary import Summary, listed, sentence
from tallystick.bundle.manifest import notices, simulated_judgments
from tallystick.flow.document import Versioned

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TIMES = "Times in data files are microseconds since 1970 in UTC."


def readme(s: Summary) -> str:
    """README.md: the card that data set tools read, then the same for people."""
    tables, spec = s.tables, s.tables.state.cut.fact
    front = yaml.safe_dump(_front_matter(s), sort_keys=False, allow_unicode=True, width=1_000)
    configs = table(("name", "rows", "what"), _configs_told(s))
    return f"""---
{front}---

# {s.title}

{warning(tables)}
{tables.contract.title}. {tables.contract.behaviour}

- {len(tables.records)} records with {len(tables.judgments)} raw judgments by {len(tables.experts)} experts
  ({listed(s.expert_origins)}).
- Domains: {listed(s.domains)}. Consensus: {listed(s.consensus)}.
- Licence: {sentence(tables.contract.rights.licence)} Cut for the use: {spec.use}.
- Key custody of the cell: {tables.state.cell.fact.custody}. Simulated: {"yes" if tables.is_simulated else "no"}.

## Load

```python
from datasets import load_dataset

records = load_dataset("path/to/this/folder", "records")
```

{configs}
## Check

```
tallystick release verify path/to/this/folder --vkey log.vkey
```

It needs no network and no server: only this folder and the verifier key line of the log, which you should have from
somewhere else than this folder. Add `--log path/to/log/copy` to build the release again and compare every byte.

## Read on

DATASHEET.md (data card), quality/report.md (agreement and what was done about it), LIMITATIONS.md, CHANGELOG.md,
exclusions.json, manifest.json.
{_TIMES}
"""


def _front_matter(s: Summary) -> dict[str, object]:
    is_simulated = s.tables.is_simulated
    is_by_programs = 2 * simulated_judgments(s.tables) > len(s.tables.judgments)
    size = next((name for limit, name in _SIZES if len(s.tables.records) < limit), "n>1M")
    front: dict[str, object] = {
        "pretty_name": s.title,
        "license": "other",
        "license_name": s.tables.contract.rights.licence,
        "annotations_creators": ["machine-generated" if is_by_programs else "expert-generated"],
        "task_categories": ["text-generation"],
        "size_categories": [size],
        "tags": [
            "human-feedback",
            *sorted({one.signal for one in s.tables.records}),
            *(["simulated"] if is_simulated else []),
        ],
        "custody": s.tables.state.cell.fact.custody,
        "simulated": is_simulated,
        "configs": [
            {"config_name": "records", "data_files": "data/records.parquet", "default": True},
            {"config_name": "judgments", "data_files": "data/judgments.parquet"},
            *({"config_name": view.name, "data_files": view.path} for view in s.views if view.n_rows),
        ],
    }
    return ({"language": list(s.languages)} if s.languages else {}) | front


def _configs_told(s: Summary) -> list[tuple[str, str, str]]:
    rows = [
        ("records", str(len(s.tables.records)), "One row for each item with everything that happened to it."),
        ("judgments", str(len(s.tables.judgments)), "One row for each raw judgment, unaltered."),
    ]
    return [*rows, *((view.name, str(view.n_rows), _told.get(view.name) or view.rule) for view in s.views)]


_told = {
    "trl_preference": "Consensus pairs in TRL's conversational preference format.",
    "trl_preference_soft": "The whole distribution: two lines for each judgment, ties in both directions.",
    "consensus": "What a model of raters makes of the judgments on a record, with the doubt that remains.",
    "ties": "Judgments that prefer neither answer. Empty views are files without a configuration.",
}


def datasheet(s: Summary) -> str:
    """DATASHEET.md: every question with its answer."""
    body = "".join(
        f"## {section.title}\n\n" + "".join(f"**{a.id} {a.question}**\n\n{a.text}\n\n" for a in section.answers)
        for section in sections(s)
    )
    source = "Questions after Gebru et al., Datasheets for Datasets, with a part on human evaluation (H) added."
    return f"# Data card: {s.title}\n\n{warning(s.tables)}\n{source}\n\n{body.rstrip()}\n"


def changelog(s: Summary) -> str:
    """CHANGELOG.md: this version, the earlier ones of its name, and what became of rubrics and contract."""
    state = s.tables.state
    built = {one.fact.release: one.fact for one in state.earlier_built}
    earlier = [
        f"- {cut.fact.version}: cut at entry {cut.seq}, "
        + (f"{built[cut.fact.release].records} records, {built[cut.fact.release].judgments} judgments.\n"
           if cut.fact.release in built else "never built.\n")
        for cut in reversed(state.earlier_cuts)
    ]  # fmt: skip
    notes = [
        *_revisions("Contract", s.tables.contract.name, [s.tables.contract]),
        *(line for rubric in s.tables.rubrics.values() for line in _revisions("Rubric", rubric.id, [rubric])),
    ]
    return f"""# Changes of {state.cut.fact.name}

## {state.cut.fact.version}

Cut at entry {state.cut.seq} of the log: {len(s.tables.records)} records, {len(s.tables.judgments)} judgments.

{"".join(notes) or "The documents in force are the first of their kind." + chr(10)}
## Earlier versions of this release

{"".join(earlier) or "None." + chr(10)}"""


def _revisions(noun: str, name: str, documents: Iterable[Versioned]) -> list[str]:
    return [
        f"- {noun} {name} {one.version}: {one.changelog} Why: {one.rationale}\n" for one in documents if one.changelog
    ]


def limitations(s: Summary) -> str:
    """LIMITATIONS.md: what this data does not show."""
    state = s.tables.state
    lines = [
        *notices(s.tables),
        f"{s.imported} of {s.imported + s.observed} judgments were made elsewhere. Nobody here observed them: order, "
        "time and independence are what their source says." if s.imported else "",
        f"{s.pre_contract} judgments were made before a contract was executed, or elsewhere." if s.pre_contract else "",
        f"{s.affected} judgments were made under a rubric version that was revised later." if s.affected else "",
        f"{len(s.tables.exclusions)} items of the released batches have no record ({listed(s.excluded)}): what is hard "
        "to agree on is under-represented by as much." if s.tables.exclusions else "",
        f"Batches of the programme that stayed out: {len(state.cut.fact.left_out)}; exclusions.json says why."
        if state.cut.fact.left_out else "",
        "Agreement says that experts read the rubric alike, not that they are right.",
        "Items follow the quotas of the contract; they represent no population of users or questions.",
        told.redone(s.figures) if s.figures.monitoring.redone.requeued else "",
        "No sentinels were mixed into the work: nobody's care was tested unseen."
        if s.figures.monitoring.sentinels is None else
        "What is said of sentinels can be held against a copy of the log alone: the facts behind it would tell which "
        "items they are.",
        "No finished item was looked at a second time: how many defects got through is not known."
        if s.figures.monitoring.escape is None else "",
        "A consensus by a model is what the model believes if it is right; it is no judgment."
        if s.figures.consensus is not None else "",
        told.unrecorded(s),
        "No machine verifier and no check against public benchmarks was run.",
        "The checkpoint in proofs/ is signed by the log alone: no witness has cosigned it.",
    ]  # fmt: skip
    return f"# Limitations of {s.title}\n\n" + "".join(f"- {line}\n" for line in lines if line)
