"""The pseudo-languages, made once from what is gathered."""

from pathlib import Path
from typing import Any

import pytest

from onboarding_portal.languages import PSEUDO_LANGUAGES
from tests.languages import pseudo


@pytest.fixture(scope="session")
def pseudo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pseudo.write(tmp_path_factory.mktemp("pseudo"))


@pytest.fixture
def pseudo_languages(pseudo_folder: Path, settings: Any) -> None:
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, pseudo_folder]
    settings.LANGUAGES = [*settings.LANGUAGES, *PSEUDO_LANGUAGES]
