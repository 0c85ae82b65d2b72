"""HTTP: parse, call one verb, answer; no logic."""
