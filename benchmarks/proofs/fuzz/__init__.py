"""The server's parsers and API, fuzzed."""
