"""Work as it is watched while it goes on: figures, categories, shortcuts, and a report that explains. Pure.

count(work) -> Counted; of_expert(counted, who); of_programme(counted)
own(work, beside, who=...) -> Own                what an expert is shown of themselves
between(judged, rubric, what) -> Between         categories held against each other
audited(rows, forms, head) -> facts              the shortcut audit
report(matter) -> Report                         root causes and corrective actions
"""
