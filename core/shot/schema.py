"""The published JSON Schema of the shot document; run this module to write it anew."""

from __future__ import annotations

import json
from pathlib import Path

from pai_studio.core.shot.document import SCHEMA, Shot

PATH = Path(__file__).with_name("shot.schema.json")


def schema_text() -> str:
    """The schema's text as it should stand in `PATH`."""
    schema = Shot.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = SCHEMA
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
