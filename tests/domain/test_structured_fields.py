import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.structured_fields import InnerList, Item, Member, Token, Value, dictionary

names = st.sampled_from(["a", "sig1", "created", "*x", "a-b.c_d*"])
texts = st.text(st.sampled_from([*map(chr, range(32, 127))]), max_size=8)
values = st.one_of(
    st.booleans(),
    st.integers(-(10**15) + 1, 10**15 - 1),
    texts,
    st.binary(max_size=8),
    st.sampled_from(["a", "*", "text/html", "A:b"]).map(Token),
)
parameters = st.dictionaries(names, values, max_size=3)
items = st.builds(Item, values, parameters)
lists = st.builds(InnerList, st.lists(items, max_size=3).map(tuple), parameters)
dictionaries = st.dictionaries(names, items | lists, max_size=3)


def written(found: dict[str, Member]) -> str:
    return ", ".join(f"{name}={member}" for name, member in found.items())


@given(found=dictionaries)
def test_what_is_written_is_read_again(found: dict[str, Member]) -> None:
    again = dictionary(written(found))
    assert again == found
    assert list(again) == list(found)
    assert written(again) == written(found)


@given(text=st.text(st.sampled_from([*'a1;=,()": ?\t-.\\é\x00']), max_size=12))
def test_whatever_is_read_is_written_in_one_form_only(text: str) -> None:
    try:
        found = dictionary(text)
    except InvalidInput:
        return
    assert dictionary(written(found)) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=-0", 0),
        ("a", True),
        ("a=?0", False),
        ('a="x\\"\\\\"', 'x"\\'),
        ("a=:YWJj:", b"abc"),
        ("a=::", b""),
        ("a=b/c", "b/c"),
        ("  a=1  ", 1),
        ("a=2, a=1", 1),
    ],
)
def test_these_are_members(text: str, value: Value) -> None:
    (member,) = dictionary(text).values()
    assert isinstance(member, Item)
    assert member.value == value


@pytest.mark.parametrize(
    "text",
    [
        "a=", "=1", "A=1", "a=1,", "a=1 b=2", "a=1;", "a=1;b=1;b=2", "a=1.5", "a=1234567890123456",
        'a="', 'a="é"', 'a="\x00"', 'a="\\x"', "a=:YWJj", "a=:YW Jj:", "a=:YWJ:", "a=:YWJ=:",
        "a=?2", "a=(", 'a=("b""c")', "a=(b c", "a=@1", "a=%\"x\"", "a=1\n", ",", "a=1,,b=2",
        "a=(" + "b " * 33 + ")", "a=" + "b" * 4100,
        ",".join(f"a{number}" for number in range(17)),
        "a" + "".join(f";p{number}" for number in range(17)),
    ],
)  # fmt: skip
def test_these_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        dictionary(text)


def test_nothing_is_an_empty_dictionary() -> None:
    assert dictionary("") == dictionary("  ") == {}
