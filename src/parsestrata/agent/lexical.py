"""A lexical index over texts: BM25 by a library, words and pairs of characters."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from parsestrata.errors import MissingExtraError

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]+")
_T = TypeVar("_T")


class LexicalIndex(Generic[_T]):
    """BM25 over passages, or whatever else has a text.

    Words are compared by their stems, Chinese, Japanese and Korean by pairs of
    characters.

    Args:
        passages: What is searched.
        write: The text that a passage is found by.

    Raises:
        MissingExtraError: bm25s or PyStemmer is not installed.
    """

    def __init__(self, passages: Sequence[_T], write: Callable[[_T], str]) -> None:
        try:
            with warnings.catch_warnings():  # that a notebook lacks widgets, says tqdm
                warnings.simplefilter("ignore")
                import bm25s  # noqa: PLC0415 - of the extra
            import Stemmer  # noqa: PLC0415 - of the extra
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "bm25s", "agent") from None
        self._stem = Stemmer.Stemmer("english").stemWords
        texts = [(one, self._tokenize(write(one))) for one in passages]
        told = [(passage, tokens) for passage, tokens in texts if tokens]
        self._passages = [passage for passage, _ in told]
        self._known = {token for _, tokens in told for token in tokens}
        self._index = bm25s.BM25()
        if told:
            self._index.index([tokens for _, tokens in told], show_progress=False)

    def rank(self, query: str) -> Iterator[tuple[_T, float]]:
        """Yield the passages with a word of the query, the best first.

        Of two that are as good, the one that was given first.
        """
        tokens = [token for token in self._tokenize(query) if token in self._known]
        if not tokens:
            return
        scores = self._index.get_scores(tokens)
        for place in (-scores).argsort(kind="stable"):
            if scores[place] <= 0:
                return
            yield self._passages[place], float(scores[place])

    def _tokenize(self, text: str) -> list[str]:
        tokens: list[str] = self._stem(_WORD.findall(_CJK.sub(" ", text.casefold())))
        for run in _CJK.findall(text):
            tokens += [run[n : n + 2] for n in range(max(len(run) - 1, 1))]
        return tokens
