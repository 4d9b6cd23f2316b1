from __future__ import annotations

import pytest

from pai_studio.core.shot import errors


def kinds(base: type[errors.PaiError]) -> list[type[errors.PaiError]]:
    return [base, *(kind for sub in base.__subclasses__() for kind in kinds(sub))]


@pytest.mark.parametrize("kind", kinds(errors.PaiError))
def test_every_kind_travels_and_comes_back(kind: type[errors.PaiError]) -> None:
    back = errors.from_json(kind("what", where="where", hint="hint").to_json())
    assert type(back) is kind
    assert str(back) == "where: what; hint"


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in kinds(errors.PaiError)]
    assert len(codes) == len(set(codes))


def test_an_unknown_code_is_still_an_error() -> None:
    assert str(errors.from_json({"code": "NEW_ONE", "what": "x"})) == "x"
