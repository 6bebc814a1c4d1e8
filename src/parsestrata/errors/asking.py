"""What a caller got wrong: an option, an extra, a tool's argument; and the base of all."""


class ParseStrataWarning(UserWarning):
    """Something went wrong that does not stop the work; it is in the report too."""


class ParseStrataError(Exception):
    """Base of every error this package raises."""


class ConfigError(ParseStrataError, ValueError):
    """An option is wrong or missing.

    Attributes:
        message: What was asked, what came, what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class MissingExtraError(ParseStrataError, ImportError):
    """A package that an extra brings is not installed.

    Attributes:
        module: The module that could not be imported.
        extra: The extra of this package that brings it.
    """

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(module, extra)
        self.module = module
        self.extra = extra

    def __str__(self) -> str:
        return (
            f"{self.module} is not installed. "
            f'Install it with: pip install "parsestrata[{self.extra}]"'
        )


class ToolCallError(ParseStrataError):
    """A tool was called with something that is not there; a model can act on it.

    Attributes:
        problem: What was asked for.
        choices: What there is, the nearest first.
    """

    def __init__(self, problem: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(problem, choices)
        self.problem = problem
        self.choices = choices

    def __str__(self) -> str:
        there = f". There is: {'; '.join(self.choices)}" if self.choices else ""
        return f"{self.problem}{there}"
