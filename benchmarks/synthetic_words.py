"""Words, sentences and table cells for synthetic results."""

from itertools import accumulate
from random import Random

_FUNCTION = (
    "the of and to in a for is on that by with as are from at was be this or which"
)
_CONTENT = (
    "water quality network pressure report annual measured value increase supply "
    "treatment works operating revenue cost capital district customers regulation "
    "limit sample programme groundwater reservoir maintenance investment schedule "
    "contract liability obligation compliance estimate assumption management risk "
    "assessment monitoring concentration nitrate chlorine turbidity temperature "
    "laboratory accredited method standard requirement section committee auditor "
    "statement consolidated provision depreciation asset equipment pipeline leakage "
    "detection replacement energy consumption emissions efficiency renewable "
    "performance indicator target previous period compared significantly primarily "
    "attributable décroissance naïve façade however therefore additional “further” "
    "respectively approximately between during within under through because"
)
_CONTENT_WORDS = _CONTENT.split()
_WORDS = [*_FUNCTION.split(), *_CONTENT_WORDS]
_WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(len(_WORDS))))
_LABELS = ("Operating", "Total", "Net", "Other", "Current", "Deferred", "Gross")
_STYLES = ("plain", "bold", "number", "money", "link", "note")
_STYLE_WEIGHTS = (50, 15, 20, 7, 4, 4)
_CELLS = ("", "({:,})", "{:.1%}", "{:,}")
_CELL_WEIGHTS = (8, 12, 20, 60)


class Words:
    """Draws words, the frequent ones more often.

    Args:
        random: Where chance comes from.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def word(self) -> str:
        """Draw one word."""
        return self._random.choices(_WORDS, cum_weights=_WEIGHTS)[0]

    def title(self) -> str:
        """Make a title of two to six words."""
        words = self._random.choices(_CONTENT_WORDS, k=self._random.randint(2, 6))
        return " ".join(words).capitalize()

    def sentence(self) -> str:
        """Make a sentence of 7 to 24 words; half of them have inline Markdown."""
        length = self._random.randint(7, 24)
        words = self._random.choices(_WORDS, cum_weights=_WEIGHTS, k=length)
        match self._random.choices(_STYLES, _STYLE_WEIGHTS)[0]:
            case "bold":
                words[2] = f"**{words[2]}**"
            case "number":
                words[3] = f"{self._random.randint(1, 99)}.{length} per cent"
            case "money":
                words[4] = f"\\${self._random.randint(1, 999)},{length:03d}"
            case "link":
                words[5] = f"[{words[5]}](https://example.org/{words[1]})"
            case "note":
                words[-1] += "<sup>1</sup>"
        text = " ".join(words)
        return f"{text[0].upper()}{text[1:]}."

    def row(self, columns: int) -> list[str]:
        """Make a row of a financial table: a label, then figures."""
        label = f"{self._random.choice(_LABELS)} {self.word()} {self.word()}"
        return [label, *[self._cell() for _ in range(columns - 1)]]

    def _cell(self) -> str:
        form = self._random.choices(_CELLS, _CELL_WEIGHTS)[0]
        shares = "%" in form
        return form.format(
            self._random.random() if shares else self._random.randint(100, 999_999)
        )
