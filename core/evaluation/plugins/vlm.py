"""A vision-language model behind an OpenAI-compatible endpoint, asked for marks from 1 to 10.

It is the one judge that sends frames to another machine, and says so.
"""

from __future__ import annotations

import base64
import json
import os
import re
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import cv2
import numpy as np

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.shot.errors import BadInput, Unreachable

_MARKS = ("edge", "fusion", "illumination")
_QUESTION = (
    "This is one frame of a shot whose green screen was replaced by a new background. Judge it as a compositor would, "
    "each from 1 (unusable) to 10 (cannot be told from a photograph): edge - is the subject's edge clean, without "
    "fringes, green or cut-off hair; fusion - do subject and background belong to one picture in scale, perspective, "
    "focus and contact; illumination - does the light on the subject come from this background. "
    'Answer with JSON alone: {"edge": n, "fusion": n, "illumination": n}'
)
_LONGEST_PX = 1280
_LONGEST_S = 86_400.0
_KEY = "PAI_STUDIO_VLM_KEY"


class VlmJudge:
    """Mean marks for edge, fusion and illumination of every `every`-th frame given, by a model that sees each alone.

    `endpoint` is the address that `/chat/completions` hangs from, such as `http://localhost:8000/v1`; `model` the name
    it is known by there. The key, where one is needed, is that of `$PAI_STUDIO_VLM_KEY`. Every judged frame is sent
    there, at most 1280 pixels long, as the config's display shows it. Temperature is 0; the answers are still the
    model's, and may differ from one day to another.
    """

    name = "vlm"
    keys = tuple(f"vlm_{mark}" for mark in _MARKS)
    about = "marks by a vision language model that sees single frames: from 1 to 10, higher is better"

    def __init__(
        self, facts: Facts, endpoint: str = "", model: str = "", every: int = 24, timeout_s: float = 120.0
    ) -> None:
        if not endpoint.startswith(("http://", "https://")) or not model:
            hint = "give both, such as endpoint=http://localhost:8000/v1 model=qwen2.5-vl"
            raise BadInput("the judge vlm needs an endpoint (http or https) and a model", hint=hint)
        if every < 1:
            raise BadInput(
                f"every {every}th frame cannot be judged", where="vlm every", hint="give 1 or more"
            )
        if not 0 < timeout_s <= _LONGEST_S:
            raise BadInput(
                f"{timeout_s:g} seconds cannot be waited", where="vlm timeout_s", hint="such as 120"
            )
        self._facts, self._model, self._every, self._timeout_s = facts, model, every, timeout_s
        self._endpoint = endpoint.rstrip("/")
        self._url = f"{self._endpoint}/chat/completions"
        self.notice = f"frames leave this machine: one in {every} is sent to {endpoint}"
        self._seen = 0
        self._found: list[dict[str, float]] = []

    def version(self) -> str:
        """The model's name. Raises Unreachable where nobody answers, BadInput where another key is wanted."""
        try:
            self._open(f"{self._endpoint}/models")
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):  # with any other it is there: not every endpoint lists its models
                raise _refused(error, "to answer", self._endpoint) from None
        return f"model {self._model}"

    def add(self, frame: Judged) -> None:
        """Take in one frame; raises Unreachable or BadInput where no marks come back."""
        self._seen += 1
        if (self._seen - 1) % self._every == 0:
            view = View(self._facts, frame)
            self._found.append(
                _marks(self._ask(_png(self._facts.config.display(view.frame.result))), self._url)
            )

    def values(self) -> dict[str, float | None]:
        """The mean marks over the judged frames."""
        return {
            f"vlm_{mark}": float(np.mean([found[mark] for found in self._found])) if self._found else None
            for mark in _MARKS
        }

    def _ask(self, png: bytes) -> str:
        picture = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        parts = [{"type": "text", "text": _QUESTION}, {"type": "image_url", "image_url": {"url": picture}}]
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": parts}],
            "temperature": 0,
            "seed": 0,
            "max_tokens": 200,
        }
        try:
            answer = self._open(self._url, json.dumps(body).encode())
        except urllib.error.HTTPError as error:
            raise _refused(error, "a frame", self._url) from None
        try:
            return str(json.loads(answer)["choices"][0]["message"]["content"])
        except (ValueError, KeyError, IndexError, TypeError):
            say = "gave no answer in the form of chat completions"
            raise BadInput(say, where=self._url, hint="check the endpoint") from None

    def _open(self, url: str, body: bytes | None = None) -> bytes:
        """What is answered. Raises HTTPError, Unreachable, BadInput."""
        headers = {"Content-Type": "application/json"}
        if os.environ.get(_KEY):
            headers["Authorization"] = f"Bearer {os.environ[_KEY]}"
        try:
            request = urllib.request.Request(url, body, headers)  # noqa: S310 - http(s) only
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310 - as above
                return bytes(answer.read())
        except urllib.error.HTTPError:
            raise
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(f"does not answer ({reason})", where=url, hint="check the endpoint") from None
        except (HTTPException, ValueError) as error:
            say = f"cannot be talked to ({error or type(error).__name__})"
            raise BadInput(say, where=url, hint="check the endpoint") from None


def _refused(error: urllib.error.HTTPError, what: str, url: str) -> BadInput:
    hint = f"check the model's name, and ${_KEY} where it needs a key"
    return BadInput(f"refused {what} ({error.code} {error.reason})", where=url, hint=hint)


def _png(shown: Any) -> bytes:
    scale = min(1.0, _LONGEST_PX / max(shown.shape[:2]))
    if scale < 1:
        shown = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".png", np.round(shown[..., ::-1] * 255).astype(np.uint8))
    assert done
    return bytes(data.tobytes())


def _marks(answer: str, where: str) -> dict[str, float]:
    """The marks of an answer, which may have words around its JSON."""
    found = re.search(r"\{[^{}]*\}", answer)
    try:
        marks = {mark: float(json.loads(found.group())[mark]) for mark in _MARKS} if found else {}
    except (ValueError, KeyError, TypeError):
        marks = {}
    if not marks or not all(1 <= value <= 10 for value in marks.values()):
        say = f"gave no marks from 1 to 10 ({' '.join(answer.split())[:80]!r})"
        raise BadInput(say, where=where, hint="try another model")
    return marks
