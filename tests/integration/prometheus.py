"""A strict parser of the Prometheus text format 0.0.4."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
COMMENT = re.compile(rf"^# (HELP|TYPE) ({NAME}) (.+)$")
SAMPLE = re.compile(rf"^({NAME})(?:\{{(.*)\}})? (\S+)(?: -?\d+)?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
VALUE = re.compile(r"^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
SUFFIXES = ("_bucket", "_sum", "_count")


def require(condition, line, why):
    if not condition:
        raise AssertionError(f"{why}: {line!r}")


def parse_labels(text, line):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        require(match and match[1] not in labels, line, "bad labels")
        labels[match[1]] = match[2]
        at = match.end()
    return labels


class Metrics:
    """types: name -> type; samples: (name, sorted label pairs) -> value."""

    def __init__(self, text):
        self.types, self.helps, self.samples = {}, {}, {}
        require(text.endswith("\n"), text[-40:], "no newline at the end")
        finished, current = set(), None
        for line in text.split("\n")[:-1]:
            if line.startswith("#"):
                match = COMMENT.match(line)
                require(match, line, "a bad comment")
                name = match[2]
                if name != current:
                    finished.add(current)
                    current = name
                table = self.helps if match[1] == "HELP" else self.types
                require(name not in table and name not in finished, line, "told twice")
                table[name] = match[3]
                require(match[1] == "HELP" or match[3] in TYPES, line, "an unknown type")
                continue
            self._add_sample(line, current)
        for name, kind in self.types.items():
            if kind == "histogram":
                self._check_histogram(name)

    def _add_sample(self, line, current):
        match = SAMPLE.match(line)
        require(match and VALUE.match(match[3]), line, "not a sample")
        name, labels, value = match[1], parse_labels(match[2] or "", line), float(match[3])
        base = name
        if self.types.get(current) == "histogram":
            base = next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)
        require(base == current, line, "outside of its metric")
        kind = self.types.get(base)
        require(kind and base in self.helps, line, "no TYPE and HELP before it")
        require((kind == "counter") == base.endswith("_total"), line, "counters end in _total, others do not")
        require(kind not in ("counter", "histogram") or value >= 0, line, "negative")
        key = (name, tuple(sorted(labels.items())))
        require(key not in self.samples, line, "told twice")
        self.samples[key] = value

    def _check_histogram(self, name):
        groups = {}
        for (sample, labels), value in self.samples.items():
            if sample == f"{name}_bucket":
                rest = tuple(pair for pair in labels if pair[0] != "le")
                groups.setdefault(rest, []).append((float(dict(labels)["le"]), value))
        for rest, buckets in groups.items():
            require(buckets == sorted(buckets), name, "bounds out of order")
            counts = [count for _, count in buckets]
            require(counts == sorted(counts), name, "buckets are not cumulative")
            require(buckets[-1][0] == float("inf"), name, "no +Inf bucket")
            require(counts[-1] == self.samples[(f"{name}_count", rest)], name, "+Inf is not the count")
            require((f"{name}_sum", rest) in self.samples, name, "no sum")

    def get(self, name, **labels):
        return self.samples[(name, tuple(sorted(labels.items())))]

    def total(self, name):
        return sum(value for (sample, _), value in self.samples.items() if sample == name)

    def label_names(self, name):
        """The sets of label names that the samples of a metric have."""
        return {
            frozenset(key for key, _ in labels) - {"le"}
            for sample, labels in self.samples
            if sample == name or (self.types.get(name) == "histogram" and sample.startswith(name + "_"))
        }
