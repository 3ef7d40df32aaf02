"""The HTTP door: parse, call one service or selector, answer."""
