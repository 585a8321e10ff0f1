"""A judge of OCSF events by the official schema, which the package pydantic-ocsf carries as data; nothing of its code is run.

Stricter than the schema's own server where that only warns: names beside numbers must agree, deprecated attributes are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
COMPOSED = frozenset({"category_uid", "class_uid"})
"""Attributes of which the schema's source lists no values; they follow from the class."""
BASE_TYPES: dict[str, Any] = {
    "string_t": (str,),
    "integer_t": (int,),
    "long_t": (int,),
    "float_t": (float, int),
    "boolean_t": (bool,),
    "json_t": (object,),
}


@cache
def schema(version: str) -> Schema:
    """Return the published schema of one version such as `1.5.0`."""
    name = f"ocsf/schemas/v{version.replace('.', '_')}.json"
    text = Path(str(distribution("pydantic-ocsf").locate_file(name))).read_text(encoding="utf-8")
    loaded: Schema = json.loads(text)
    assert loaded["version"] == version
    return loaded


def faults(event: dict[str, Any], version: str) -> list[str]:
    """Return what is wrong with an event by the schema of a version, each with its place."""
    whole = schema(version)
    found = [name for name in whole["events"] if _class_uid(whole, name) == event.get("class_uid")]
    if len(found) != 1:
        return [f"class_uid: {event.get('class_uid')} is no class"]
    [name] = found
    return [*_object_faults(whole, whole["events"], name, event, name), *_class_faults(whole, name, event)]


def _class_faults(whole: Schema, name: str, event: dict[str, Any]) -> Iterator[str]:
    category = whole["categories_meta"]["attributes"][_inherited(whole["events"], name, "category")]
    activities = _attributes(whole, whole["events"], name)["activity_id"]["enum"]
    if str(event.get("activity_id")) not in activities:
        return
    activity = activities[str(event["activity_id"])]["caption"]
    caption = whole["events"][name]["caption"]
    wanted = {
        "category_uid": category["uid"],
        "category_name": category["caption"],
        "class_name": caption,
        "type_uid": event["class_uid"] * 100 + event["activity_id"],
        "activity_name": activity,
        "type_name": f"{caption}: {activity}",
    }
    yield from (
        f"{name}.{key}: {event.get(key)!r} is not {value!r}" for key, value in wanted.items() if event.get(key) != value
    )


def _class_uid(whole: Schema, name: str) -> int | None:
    category = _inherited(whole["events"], name, "category")
    uid = whole["events"][name].get("uid")
    known = whole["categories_meta"]["attributes"].get(category)
    return None if uid is None or known is None else known["uid"] * 1000 + uid


def _chain(table: Schema, name: str) -> list[Schema]:
    """Return a class or object and what it extends, the nearest first."""
    chain = [table[name]]
    while (parent := chain[-1].get("extends")) in table and len(chain) < 16:
        chain.append(table[parent])
    return chain


def _inherited(table: Schema, name: str, key: str) -> Any:
    return next((one[key] for one in _chain(table, name) if key in one), None)


def _attributes(whole: Schema, table: Schema, name: str) -> dict[str, Schema]:
    """Return every attribute with what the dictionary and each ancestor say of it."""
    dictionary = whole["dictionary"]["attributes"]
    found: dict[str, Schema] = {}
    for ancestor in reversed(_chain(table, name)):
        for key, said in ancestor["attributes"].items():
            if not key.startswith("$"):
                before = found.get(key, dictionary.get(key, {}))
                found[key] = {**before, **said, "enum": {**before.get("enum", {}), **said.get("enum", {})}}
    for key in COMPOSED & set(found):
        found[key]["enum"] = {}
    if table is whole["objects"] and name == "observable":
        found["type_id"]["enum"] |= _observables(whole)
    return found


def _observables(whole: Schema) -> Schema:
    """Return the numbers of observables, which the schema spreads over types, attributes and objects."""
    dictionary = whole["dictionary"]
    places = (dictionary["types"]["attributes"], dictionary["attributes"], whole["objects"])
    return {str(one["observable"]): one for place in places for one in place.values() if "observable" in one}


def _object_faults(whole: Schema, table: Schema, name: str, value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: is no object"
        return
    known = _attributes(whole, table, name)
    for key, said in known.items():
        if said.get("requirement") == "required" and not said.get("profile") and key not in value:
            yield f"{place}.{key}: is missing"
    for key, inner in value.items():
        if key not in known or known[key].get("profile"):
            yield f"{place}.{key}: is no attribute of {name}"
        elif "@deprecated" in known[key]:
            yield f"{place}.{key}: is deprecated"
        else:
            yield from _attribute_faults(whole, known[key], inner, f"{place}.{key}")
            yield from _sibling_faults(known[key], key, value, place)
    constraints = _inherited(table, name, "constraints") or {}
    if "at_least_one" in constraints and not set(constraints["at_least_one"]) & set(value):
        yield f"{place}: has none of {constraints['at_least_one']}"
    if "just_one" in constraints and len(set(constraints["just_one"]) & set(value)) != 1:
        yield f"{place}: has not just one of {constraints['just_one']}"


def _sibling_faults(said: Schema, key: str, value: dict[str, Any], place: str) -> Iterator[str]:
    """Yield where a name does not agree with the number beside it; 99 takes any name."""
    sibling = said.get("sibling") or (key.removesuffix("_id") if key.endswith("_id") else None)
    number = value[key]
    if sibling in value and said["enum"] and number != 99 and str(number) in said["enum"]:
        caption = said["enum"][str(number)]["caption"]
        if value[sibling] != caption:
            yield f"{place}.{sibling}: {value[sibling]!r} is not {caption!r}"


def _attribute_faults(whole: Schema, said: Schema, value: Any, place: str) -> Iterator[str]:
    if said.get("is_array"):
        if not isinstance(value, list):
            yield f"{place}: is no array"
            return
        one = {**said, "is_array": False}
        for number, item in enumerate(value):
            yield from _attribute_faults(whole, one, item, f"{place}[{number}]")
        return
    kind = said["type"]
    if kind == "object":
        yield from [] if isinstance(value, dict) else [f"{place}: is no object"]
    elif kind in whole["objects"]:
        yield from _object_faults(whole, whole["objects"], kind, value, place)
    else:
        yield from _plain_faults(whole["dictionary"]["types"]["attributes"], kind, value, place)
        if said["enum"] and str(value) not in said["enum"]:
            yield f"{place}: {value!r} is not in the list of values"


def _plain_faults(types: Schema, kind: str, value: Any, place: str) -> Iterator[str]:
    rules = types[kind]
    allowed = BASE_TYPES[rules.get("type", kind)]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed and object not in allowed):
        yield f"{place}: {value!r} is no {kind}"
        return
    if "regex" in rules and not re.search(rules["regex"], value):
        yield f"{place}: {value!r} has not the form of {kind}"
    if "max_len" in rules and len(value) > rules["max_len"]:
        yield f"{place}: is longer than {rules['max_len']}"
    if "range" in rules and not rules["range"][0] <= value <= rules["range"][1]:
        yield f"{place}: {value!r} is not in {rules['range']}"
