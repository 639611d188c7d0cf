"""Who may use which route of the API, written down by hand: tests hold the code against it.

A new route must be placed here. This table does not read the one in the code, or it could not disagree with it.
"""

ROLES = ("lead", "expert", "adjudicator", "researcher", "auditor", "engineer")
EVERYBODY = set(ROLES)
READERS = {"lead", "researcher", "auditor"}
EXPERTS = {"expert", "adjudicator"}
LEAD = {"lead"}
V1 = "/api/v1"
PROGRAMME = f"{V1}/programmes/{{programme}}"

WHO: dict[str, set[str] | None] = {
    "GET /openapi.json": None,
    "GET /healthz": None,
    "GET /readyz": None,
    f"POST {V1}/sessions": None,
    f"DELETE {V1}/sessions/current": EVERYBODY,
    f"GET {V1}/me": EVERYBODY,
    f"GET {V1}/programmes": EVERYBODY,
    f"GET {PROGRAMME}": READERS | {"engineer"},
    f"GET {PROGRAMME}/contract": READERS | {"engineer"},
    f"POST {V1}/contracts": LEAD,
    f"GET {PROGRAMME}/rubrics": READERS | EXPERTS,
    f"POST {PROGRAMME}/rubrics": LEAD,
    f"GET {PROGRAMME}/rubrics/{{rubric_id}}": READERS | EXPERTS,
    f"GET {PROGRAMME}/rubrics/{{rubric_id}}/diff": READERS | EXPERTS,
    f"GET {V1}/people": {"lead", "auditor"},
    f"POST {V1}/people": LEAD,
    f"GET {V1}/people/{{person}}": EVERYBODY,
    f"POST {V1}/people/{{person}}/roles": LEAD,
    f"POST {V1}/people/{{person}}/contract": LEAD,
    f"POST {V1}/people/{{person}}/region": LEAD,
    f"GET {PROGRAMME}/qualifications": EVERYBODY,
    f"POST {PROGRAMME}/qualifications": EXPERTS,
    f"GET {V1}/qualifications/{{qualification}}/task": EXPERTS,
    f"POST {V1}/qualifications/{{qualification}}/items/{{item}}/answer": EXPERTS,
    f"PUT {V1}/qualifications/{{qualification}}/items/{{item}}/draft": EXPERTS,
    f"POST {PROGRAMME}/items": LEAD,
    f"GET {PROGRAMME}/items": READERS,
    f"GET {V1}/items/{{item}}": READERS,
    f"POST {V1}/items/{{item}}/unblind": {"lead", "researcher"},
    f"GET {V1}/imports/{{run}}/problems": LEAD,
    f"POST {PROGRAMME}/judgments": LEAD,
    f"POST {PROGRAMME}/next": EXPERTS,
    f"GET {V1}/assignments/{{work}}": EXPERTS,
    f"PUT {V1}/assignments/{{work}}/draft": EXPERTS,
    f"POST {V1}/assignments/{{work}}/return": EXPERTS,
    f"POST {V1}/assignments/{{work}}/judgment": EXPERTS,
    f"GET {PROGRAMME}/batches": READERS,
    f"GET {V1}/batches/{{batch}}/agreement": READERS,
    f"POST {V1}/batches/{{batch}}/measurements": LEAD,
    f"GET {PROGRAMME}/disagreements": READERS | {"adjudicator"},
    f"GET {V1}/disagreements/{{item}}": READERS | {"adjudicator"},
    f"POST {V1}/disagreements/{{item}}/settle": {"adjudicator"},
    f"POST {V1}/disagreements/{{item}}/preserve": {"adjudicator"},
    f"GET {PROGRAMME}/releases": READERS,
    f"POST {PROGRAMME}/releases": LEAD,
    f"GET {PROGRAMME}/blockers": READERS,
    f"GET {V1}/releases/{{release_id}}": READERS,
    f"GET {V1}/releases/{{release_id}}/files/{{path:path}}": READERS,
    f"GET {V1}/erasures": READERS | {"engineer"},
    f"POST {V1}/erasures": LEAD,
    f"POST {V1}/erasures/preview": LEAD,
    f"GET {V1}/erasures/{{erasure_id}}": READERS | {"engineer"},
    f"GET {V1}/erasures/{{erasure_id}}/certificate": READERS | {"engineer"},
    f"POST {V1}/erasures/{{erasure_id}}/notices/{{release_id}}/{{holder}}/acknowledge": READERS | {"engineer"},
    f"GET {V1}/notices": READERS | {"engineer"},
    f"GET {V1}/accesses": READERS,
    f"GET {V1}/me/accesses": EVERYBODY,
    f"GET {V1}/log": READERS | {"engineer"},
    f"GET {V1}/log/checkpoint": READERS | {"engineer"},
    "GET /log/{path:path}": READERS | {"engineer"},
    f"GET {V1}/receipts/{{seq}}": EVERYBODY,
    f"GET {V1}/receipts/{{seq}}/proof": EVERYBODY,
    f"GET {V1}/receipts/{{seq}}/signed": EVERYBODY,
}
