"""YAML as text with places: every scalar is the string that was typed, every node knows its line and column.

YAML's own types are refused because they lose what was written (`2301.00010` → 2301.0001, `NO` → False,
`12:30:45` → 45045), and so is whatever makes a file mean more than it shows: anchors and aliases (nine lines of them
unfold into gigabytes), tags, merge keys, duplicate keys, several documents. The tree is built from libyaml's events
in a loop: no nesting overflows the stack.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

DEEPEST = 12  # an edition of a book lies 4 deep; what lies deeper than this is not a catalogue
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_EMPTY = {"", "~", "null", "Null", "NULL"}
_COMMENT = re.compile(r"\s+#")
_REMEDIES = {
    "mapping values are not allowed": "a text that holds ': ' wants quotes; an entry's fields start in one column",
    "cannot start any token": "indent with spaces, not tabs; a text that starts with @, ` or % wants quotes",
    "tab character": "indent with spaces, not tabs",
    "could not find expected ':'": "between field and value stand a half-width ':' and a space",
    "end of stream": "a quote is opened and not closed",
    "',' or": "a bracket is not closed, or a text within brackets holds ': ' and wants quotes",
    "expected key": "a text that holds quotes wants others around it; fields start in one column",
    "expected '-' indicator": "indent the line with spaces, as its neighbours are; each entry starts with '- '",
    "sequence entries": "a text that starts with '- ' wants quotes",
    "expected alphabetic": "a text that starts with & or * wants quotes",
    "escape character": "within double quotes a backslash is written twice",
}
"""What libyaml says → what a curator does about it."""

Plain = str | list["Plain"] | dict[str, "Plain"]


@dataclass(slots=True)
class Node:
    """A value with its place (counted from 1); `keys` are the places of a mapping's keys."""

    value: "str | list[Node] | dict[str, Node]"
    line: int
    column: int
    keys: "dict[str, Node]" = field(default_factory=dict)

    def plain(self) -> Plain:
        """The bare value, as a model validates it."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def find(self, *steps: str | int) -> "Node":
        """The node at these steps, or the last one before a step that leads nowhere."""
        node = self
        for step in steps:
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[str(step)]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                break
        return node


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the file must not hold."""

    line: int
    column: int
    message: str


def parse(data: bytes) -> tuple[Node | None, list[Fault]]:
    """The document's root and all faults. The root is None where the file is empty or cannot be read on.

    Of a list that breaks off, the entry within which it does is left out: nothing can be said of its fields.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [_fault_at(data[: error.start].decode("utf-8"), "is not UTF-8; save the file in that encoding")]
    if found := _UNPRINTABLE.search(text):
        return None, [_fault_at(text[: found.start()], f"holds the control character U+{ord(found[0]):04X}; delete it")]
    builder = _Builder(text.splitlines())
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = str(error.problem)
        remedy = next((f"; {remedy}" for said, remedy in _REMEDIES.items() if said in problem), "")
        builder.faults.append(Fault(line, column, f"is not YAML: {problem}{remedy}"))
        if builder.root and isinstance(builder.root.value, list) and len(builder.stack) > 1:
            builder.root.value.pop()
    return builder.root, builder.faults


def _fault_at(before: str, message: str) -> Fault:
    return Fault(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1, message)


class _Builder:
    """Turns events into nodes. `stack` holds the open lists and mappings, `pending` the key read last in each."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.stack: list[Node] = []
        self.pending: list[Node | None] = []

    def take(self, event: yaml.Event) -> bool:
        """Use the event; False where nothing after it can be understood."""
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if isinstance(event, yaml.ScalarEvent):  # nearly all are, and most of them are plain
            if event.anchor is not None or event.tag is not None or event.value in _EMPTY:
                self.faults += (Fault(line, column, message) for message in _forbidden(event))
            if not event.style and event.end_mark:
                self.faults += self._cut_off(event.end_mark)
            self._place(Node(event.value, line, column))
            return True
        if isinstance(event, yaml.NodeEvent):
            self.faults += (Fault(line, column, message) for message in _forbidden(event))
        match event:
            case yaml.DocumentStartEvent() if self.root:
                self.faults.append(Fault(line, column, "starts a second document; keep one in a file"))
                return False
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if len(self.stack) == DEEPEST:
                    self.faults.append(Fault(line, column, f"is nested more than {DEEPEST} deep"))
                    return False
                node = Node([] if isinstance(event, yaml.SequenceStartEvent) else {}, line, column)
                self._place(node)
                self.stack.append(node)
                self.pending.append(None)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.stack.pop()
                self.pending.pop()
            case yaml.AliasEvent():
                self._place(Node("", line, column))
        return True

    def _cut_off(self, end: Any) -> Iterator[Fault]:
        """A text without quotes ends where ' #' begins a comment: `The #1 course` says no more than `The`."""
        rest = self.lines[end.line][end.column :] if end.line < len(self.lines) else ""
        if found := _COMMENT.match(rest):
            column = end.column + found.end()
            yield Fault(end.line + 1, column, "begins a comment, for YAML; put the whole text in quotes")

    def _place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif isinstance(parent.value, dict):
            key, self.pending[-1] = self.pending[-1], None
            if key is None:
                self.pending[-1] = node
                self.faults += _bad_key(node, parent)
            elif isinstance(key.value, str) and key.value not in parent.value:
                parent.keys[key.value] = key
                parent.value[key.value] = node


def _bad_key(key: Node, parent: Node) -> Iterator[Fault]:
    if not isinstance(key.value, str):
        yield Fault(key.line, key.column, "a field's name must be a word")
    elif key.value == "<<":
        yield Fault(key.line, key.column, "merge key '<<': write the fields out")
    elif key.value in parent.keys:
        first = f"duplicate field {key.value!r} (first on line {parent.keys[key.value].line})"
        yield Fault(key.line, key.column, first + ("; does its '- ' lack?" if key.value == "id" else ""))


def _forbidden(event: yaml.NodeEvent) -> Iterator[str]:
    if isinstance(event, yaml.AliasEvent):
        yield f"alias '*{event.anchor}': write the value out"
    elif event.anchor is not None:
        yield f"anchor '&{event.anchor}': write the value out where it is needed"
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        yield f"tag {event.tag!r}: leave it out, every value is read as text"
    if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.value in _EMPTY:
        yield "is empty: write a value or leave the field out"
