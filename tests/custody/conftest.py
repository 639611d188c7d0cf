"""A PKCS#11 session that lives as long as the test run. One process, one thread, one token: modules crash otherwise."""

from collections.abc import Iterator

import pkcs11
import pytest
from softhsm import PIN, module, tokens_at


@pytest.fixture(scope="session")
def token_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pkcs11.Session]:
    """A session that is logged in to a token in software."""
    tokens = tokens_at(tmp_path_factory.mktemp("softhsm"))
    label = tokens.make("session")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", str(tokens.configuration))
        library = pkcs11.lib(str(module()))
        with library.get_token(token_label=label).open(user_pin=PIN, rw=True) as session:
            yield session
        library.finalize()
