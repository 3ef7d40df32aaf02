import io

from taskqueue_site.up.stream import LONGEST_LINE, LineSplitter, Stream


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_that_come_in_pieces_are_put_together() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\ntw") == ["one"]
    assert splitter.feed(b"o\r\nthree") == ["two"]
    assert splitter.feed(b"") == ["three"]


def test_a_line_without_end_is_shown_in_parts() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * (LONGEST_LINE + 1)) == ["x" * (LONGEST_LINE + 1)]


def test_bytes_that_are_no_text_are_shown_as_far_as_they_are() -> None:
    assert LineSplitter().feed(b"caf\xe9\n") == ["caf\ufffd"]


def test_a_terminal_gets_a_colour_for_each_speaker_and_a_file_none() -> None:
    for output, coloured in ((Terminal(), True), (io.StringIO(), False)):
        stream = Stream(output)
        stream.say("web", "hello")
        stream.say("high-1", "hello")
        first, second = output.getvalue().splitlines()
        assert ("\x1b[" in first) is coloured
        assert (first.split("web")[0] != second.split("high-1")[0]) is coloured
