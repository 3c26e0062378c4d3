"""Word count: how often each word occurs in a large text, and the words that do most often."""

from __future__ import annotations

from harness import Benchmark, Random, measure

VOCABULARY = 2000
TOP = 10


class Entry:
    def __init__(self, word: str, count: int) -> None:
        self.word = word
        self.count = count


class WordCount(Benchmark):
    def __init__(self, size: int) -> None:
        random = Random()
        self.vocabulary = [self.new_word(i, random) for i in range(VOCABULARY)]
        self.expected = [0] * VOCABULARY
        self.found: dict[str, int] = {}
        self.top: list[Entry] = []
        out: list[str] = []
        for i in range(size):
            place = random.next(VOCABULARY) * random.next(1000) // 1000 * random.next(1000) // 1000
            self.expected[place] += 1
            word = self.vocabulary[place]
            if i % 12 == 0:
                out.append(word[0].upper())
                out.append(word[1:])
            else:
                out.append(word)
            out.append(".\n" if i % 12 == 11 else ", " if i % 5 == 4 else " ")
        self.text = "".join(out)

    def new_word(self, number: int, random: Random) -> str:
        out: list[str] = []
        for _ in range(random.next(6)):
            out.append(chr(97 + random.next(16)))
        rest = number
        while True:
            out.append(chr(113 + rest % 10))
            rest //= 10
            if rest == 0:
                return "".join(out)

    def benchmark(self) -> int:
        self.found = self.counts()
        entries: list[Entry] = []
        for word, count in self.found.items():
            entries.append(Entry(word, count))
        entries.sort(key=lambda entry: (-entry.count, entry.word))
        self.top = entries[:TOP]
        total = 0
        for i in range(len(self.top)):
            total += (i + 1) * self.top[i].count
        return total * 10_000 + len(self.found)

    def counts(self) -> dict[str, int]:
        lowered = self.text.lower()
        counts: dict[str, int] = {}
        start = -1
        for i in range(len(lowered)):
            char = lowered[i]
            if "a" <= char <= "z":
                if start < 0:
                    start = i
            elif start >= 0:
                word = lowered[start:i]
                counts[word] = counts.get(word, 0) + 1
                start = -1
        return counts

    def verify_result(self, result: int) -> bool:
        different = 0
        for i in range(VOCABULARY):
            if self.found.get(self.vocabulary[i], 0) != self.expected[i]:
                return False
            if self.expected[i] > 0:
                different += 1
        for i in range(1, len(self.top)):
            if self.top[i - 1].count < self.top[i].count:
                return False
        return len(self.found) == different and result % 10_000 == different


measure("wordcount", WordCount)
