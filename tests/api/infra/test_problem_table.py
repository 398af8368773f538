"""Every error has a status and words; every module that may raise is loaded first."""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest
import yaml  # type: ignore[import-untyped]

import api
import ca
import sealsvc
from api import openapi
from api.main import ROUTERS, create_app
from api.problems import FAMILY_STATUS, all_service_errors, status_of
from api.texts import TEXTS, language_of
from ca.errors import CaError, CaInternal
from sealsvc.errors import Internal, ServiceError
from tests.api.infra.fake_router import router as fake

# Programs, not libraries: importing them starts things.
NOT_LOADED = ("sealsvc.migrations.", "api.cli", "sealsvc.cli", "ca.keys.pkcs11")


def load(package: ModuleType) -> None:
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.startswith(NOT_LOADED):
            importlib.import_module(found.name)


def ours() -> list[type[ServiceError | CaError]]:
    for package in (ca, sealsvc, api):
        load(package)
    return [kind for kind in all_service_errors() if not kind.__module__.startswith("tests.")]


def test_every_error_has_a_family() -> None:
    families = tuple(family for family, _ in FAMILY_STATUS)
    assert [kind.__qualname__ for kind in ours() if not issubclass(kind, families)] == []


def test_every_error_has_words() -> None:
    internal = (Internal, CaInternal)
    missing = {kind.code for kind in ours() if not issubclass(kind, internal)} - set(TEXTS)
    assert not missing, "append rows to api/texts.py for: " + ", ".join(sorted(missing))


def test_only_internal_errors_are_500() -> None:
    internal = (Internal, CaInternal)
    wrong = [kind.code for kind in ours() if (status_of(kind) == 500) != issubclass(kind, internal)]
    assert wrong == []


def test_codes_are_upper_snake_and_described() -> None:
    for kind in ours():
        assert kind.code.replace("_", "").isalnum(), kind
        assert kind.code == kind.code.upper(), kind
        assert kind.__doc__, kind


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_words_are_in_both_languages(code: str) -> None:
    text = TEXTS[code]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh + text.advice.zh)
    assert all(letter < "\u4e00" for letter in text.en + text.advice.en)


@pytest.mark.parametrize("value", ["", ",,,", ";;q", "en;q=", "en;q=nan", "e" * 9000, "en;q=0"])
def test_strange_languages_are_chinese(value: str) -> None:
    assert language_of(value) == "zh"


def test_document_needs_no_services() -> None:
    document = openapi.document(create_app(None, (*ROUTERS, fake)))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            for status in ("400", "405", "422", "429", "500", "503"):
                content = operation["responses"][status]["content"]
                if status != "503":
                    assert "application/problem+json" in content, where
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_document_names_uploads_options_and_security() -> None:
    document = openapi.document(create_app(None, (fake,)))
    check = document["paths"]["/v1/check"]["post"]
    assert check["operationId"] == "check"
    assert check["security"] == [{"bearer": []}, {}]
    names = {parameter["name"] for parameter in check["parameters"]}
    assert names >= {"policy", "evidence", "expect.role", "expect.partyUsccs", "Idempotency-Key"}
    content = check["requestBody"]["content"]
    assert set(content) >= {"application/pdf", "multipart/form-data", "application/octet-stream"}
    assert set(content["multipart/form-data"]["schema"]["properties"]) == {"file", "options"}
    assert {"401", "403", "409", "413", "415"} <= set(check["responses"])
    assert document["paths"]["/v1/things"]["post"]["security"] == [{"bearer": []}]
    assert "security" not in document["paths"]["/v1/items"]["get"]
    batch = document["paths"]["/v1/batch"]["post"]
    assert sum(p["name"].lower() == "idempotency-key" for p in batch["parameters"]) == 1


def test_references_resolve() -> None:
    document = openapi.document(create_app(None, (*ROUTERS, fake)))
    text = yaml.safe_dump(document)
    named = {line.rsplit("/", 1)[1].strip("'\" ") for line in text.splitlines() if "$ref" in line}
    assert named <= set(document["components"]["schemas"])


def test_operation_ids_are_unique() -> None:
    document = openapi.document(create_app(None))
    ids = [one["operationId"] for item in document["paths"].values() for one in item.values()]
    assert len(ids) == len(set(ids))


def test_written_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    described = create_app(None)
    assert openapi.check(described, path) == ["openapi.yaml: missing"]
    openapi.write(described, path)
    assert openapi.check(described, path) == []
    assert "&id" not in path.read_text()
    path.write_text(path.read_text().replace("healthz", "health"))
    assert len(openapi.check(described, path)) == 1
    openapi.write(described, path)
    path.write_text(path.read_text() + "more: 1\n")
    assert len(openapi.check(described, path)) == 1
