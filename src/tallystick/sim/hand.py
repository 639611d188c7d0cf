"""One simulated person's hand on the API: plain HTTP, the very calls that any program makes."""

import random
from collections.abc import Mapping
from typing import Any, Final

import httpx

PREFIX: Final = "/api/v1"
_SUCCESS: Final = 300


class Refusal(RuntimeError):
    """The API refused: its code and sentence."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {error.get('code')}: {error.get('sentence')}")
        self.status = status
        self.code = str(error.get("code"))
        self.names = tuple(error.get("names") or ())


class Hand:
    """A signed-in session of the API."""

    def __init__(self, http: httpx.Client, login: str, password: str, *, seed: str) -> None:
        self._http = http
        self._chance = random.Random(f"key|{seed}|{login}")  # noqa: S311 - keys of a simulation, no secret
        self._token: str | None = None
        self._token = self.post("/sessions", {"login": login, "password": password})["token"]

    def get(self, path: str) -> dict[str, Any]:
        """Ask. Raises Refusal."""
        return self._answer(self._http.get(PREFIX + path, headers=self._headers()))

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """Change something, under a fresh idempotency key. Raises Refusal."""
        return self._answer(self._http.post(PREFIX + path, json=body, headers=self._keyed()))

    def put(self, path: str, body: object) -> dict[str, Any]:
        """Put something in the place of what was there. Raises Refusal."""
        return self._answer(self._http.put(PREFIX + path, json=body, headers=self._keyed()))

    def upload(self, path: str, name: str, data: bytes) -> dict[str, Any]:
        """Bring a file. Raises Refusal."""
        headers = self._keyed() | {"Content-Type": "application/octet-stream"}
        return self._answer(self._http.post(PREFIX + path, params={"name": name}, content=data, headers=headers))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _keyed(self) -> dict[str, str]:
        return self._headers() | {"Idempotency-Key": f"sim-{self._chance.getrandbits(96):024x}"}

    @staticmethod
    def _answer(response: httpx.Response) -> dict[str, Any]:
        data: dict[str, Any] = response.json() if response.content else {}
        if response.status_code >= _SUCCESS:
            raise Refusal(response.status_code, data.get("error") or {})
        return data
