"""From a language model's answer to a document: unambiguous slips are put right, anything else is told back."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from pydantic import ValidationError

from studio.errors import BadInput
from studio.llm.base import T

LONGEST = 400_000
"""Characters of an answer; the largest creative document has a tenth of it."""


class Unusable(Exception):
    """The answer cannot be read; the message is what the model is told."""


def read(text: str, schema: type[T]) -> T:
    """A ``schema`` from an answer; raises Unusable.

    Put right are thoughts and prose around the object, fences, trailing commas, single quotes, comments and Python's
    words for true, false and null. A truncated answer is never completed: nobody knows what was to come.
    """
    if len(text) > LONGEST:
        raise Unusable(f"the answer has {len(text)} characters; at most {LONGEST} are read")
    found = _clean(_object(_bare(text)))
    try:
        return schema.model_validate(found)
    except BadInput as error:  # a part that tells its choices itself, as a direction does
        raise Unusable(str(error)) from None
    except ValidationError as error:
        told = [f"{'.'.join(map(str, e['loc'])) or 'the object'}: {e['msg']}" for e in error.errors()[:8]]
        raise Unusable("; ".join(told)) from None


def _bare(text: str) -> str:
    """The answer from its first brace on, without thoughts before it and without a fence after it."""
    text = re.sub(r"<think>.*?</think>", "", text, flags=re.DOTALL)
    text = text.rpartition("</think>")[2]  # some servers leave out where the thoughts begin
    if "<think>" in text:
        raise Unusable("the answer ends within its thoughts")
    fenced = re.search(r"```[a-zA-Z]*\s*(\{.*\})\s*```", text, re.DOTALL)
    text = fenced[1] if fenced else text
    if "{" not in text:
        raise Unusable("the answer holds no JSON object" if text.strip() else "the answer is empty")
    return text[text.index("{") :]


def _object(text: str) -> dict[str, Any]:
    try:
        found, end = json.JSONDecoder(strict=False).raw_decode(text)
    except json.JSONDecodeError as error:
        found, end = _loosely(text, f"{error.msg} at line {error.lineno}, column {error.colno}")
    except RecursionError:
        raise Unusable("the answer is nested too deeply") from None
    if "{" in text[end:]:
        raise Unusable("the answer holds more than one object")
    if not isinstance(found, dict):
        raise Unusable("the answer is not a JSON object")
    return found


def _loosely(text: str, fault: str) -> tuple[Any, int]:
    """Read ``text`` up to its last brace as a Python literal, which forgives what models get wrong most."""
    end = text.rfind("}") + 1
    try:
        tree = ast.parse(text[:end].replace("\\/", "/"), mode="eval")
        return ast.literal_eval(_Words().visit(tree)), end
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unusable(f"the answer is not valid JSON: {fault}") from None


class _Words(ast.NodeTransformer):
    """JSON's words as Python's."""

    WORDS = {"true": True, "false": False, "null": None}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Constant(self.WORDS[node.id]), node) if node.id in self.WORDS else node


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _clean(value: Any) -> Any:
    """Text that any file can hold: no control characters, and no halves of characters.

    JSON writes a character beyond the basic plane as two escapes, which a Python literal leaves apart."""
    if isinstance(value, str):
        return _CONTROL.sub("", value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if isinstance(value, dict):
        return {_clean(k): _clean(v) for k, v in value.items()}
    return [_clean(v) for v in value] if isinstance(value, list | tuple) else value
