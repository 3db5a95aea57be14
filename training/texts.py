"""Writes the text of machine readable zones: half of it like a passport's, half of it random, so that glyphs are learnt and not names."""

import numpy as np

ALPHABET = "<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
INDEX = {character: index for index, character in enumerate(ALPHABET)}
LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
DIGITS = list("0123456789")
VOWELS = list("AEIOU")
CONSONANTS = [letter for letter in LETTERS if letter not in VOWELS]
LINE_LENGTH = 44


def pick(rng: np.random.Generator, choices: list[str], count: int) -> str:
    return "".join(rng.choice(choices, count)) if count > 0 else ""


def name(rng: np.random.Generator) -> str:
    """A name-like word, or a quarter of the time random letters."""
    if rng.random() < 0.25:
        return pick(rng, LETTERS, int(rng.integers(2, 11)))
    syllables = []
    for _ in range(rng.integers(1, 5)):
        start = pick(rng, CONSONANTS, int(rng.random() < 0.85))
        end = pick(rng, CONSONANTS, int(rng.random() < 0.4))
        syllables.append(start + pick(rng, VOWELS, 1) + end)
    return "".join(syllables)


def state(rng: np.random.Generator) -> str:
    return "D<<" if rng.random() < 0.05 else pick(rng, LETTERS, 3)


def first_line(rng: np.random.Generator) -> str:
    code = ("P" if rng.random() < 0.85 else pick(rng, LETTERS, 1)) + (
        "<" if rng.random() < 0.7 else pick(rng, LETTERS, 1)
    )
    surname = "<".join(name(rng) for _ in range(rng.choice([1, 1, 1, 2])))
    given = "<".join(name(rng) for _ in range(rng.choice([0, 1, 1, 2, 2, 3])))
    return (code + state(rng) + surname + "<<" + given).ljust(LINE_LENGTH, "<")[:LINE_LENGTH]


def document_number(rng: np.random.Generator) -> str:
    length = int(rng.integers(6, 10))
    style = rng.random()
    if style < 0.3:
        return pick(rng, DIGITS, length)
    if style < 0.7:
        prefix = int(rng.integers(1, 3))
        return pick(rng, LETTERS, prefix) + pick(rng, DIGITS, length - prefix)
    return pick(rng, LETTERS + DIGITS, length)


def optional_data(rng: np.random.Generator) -> str:
    style = rng.random()
    if style < 0.4:
        return ""
    return pick(rng, DIGITS if style < 0.75 else LETTERS + DIGITS, int(rng.integers(4, 15)))


def second_line(rng: np.random.Generator) -> str:
    """The second line; its check digits are random, so that the network cannot learn to compute them."""
    optional = optional_data(rng)
    optional_digit = pick(rng, DIGITS, 1) if optional or rng.random() < 0.5 else "<"
    return "".join(
        [
            document_number(rng).ljust(9, "<"),
            pick(rng, DIGITS, 1),
            state(rng),
            pick(rng, DIGITS, 7),
            pick(rng, list("MF<"), 1),
            pick(rng, DIGITS, 7),
            optional.ljust(14, "<"),
            optional_digit,
            pick(rng, DIGITS, 1),
        ]
    )


def random_line(rng: np.random.Generator, length: int = LINE_LENGTH) -> str:
    """Uniformly random characters, with runs of fillers now and then."""
    line = pick(rng, list(ALPHABET), length)
    if rng.random() < 0.35:
        start = int(rng.integers(0, length))
        run = int(rng.integers(2, 25))
        line = (line[:start] + "<" * run + line[start + run :])[:length]
    return line
