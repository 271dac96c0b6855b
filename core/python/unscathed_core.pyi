"""Coroutines for CPython that leave everything else as it was."""

from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Literal, final

__version__: Final[str]

LEAST_STACK_SIZE: Final[int]
"""The smallest stack that is offered, in bytes: anything smaller is refused."""

DEFAULT_STACK_SIZE: Final[int]
"""The stack of a coroutine that asks for none, in bytes. Only what is touched of it takes memory."""

SWITCHERS: Final[tuple[str, ...]]
"""The ways in which stacks can be switched."""

_C_API: Final[object]

class CoroutineExit(BaseException):
    """Ends a coroutine that nobody wants any more: it is raised where that one is suspended."""

@final
class Coroutine:
    """A body that runs on a stack of its own, and can be left from anywhere in it."""

    def __new__(
        cls,
        body: Callable[..., Any],
        *,
        stack_size: int = ...,
        switcher: Literal["separate", "slicing", "ucontext"] = ...,
        handle: bool = True,
    ) -> Coroutine:
        """The first resume calls `body(coroutine, first)`, or `body(first)` with handle=False."""

    def resume(self, value: Any = None, /) -> Any:
        """Run until it suspends or ends, and return what it suspends with or returns."""

    def suspend(self, value: Any = None, /) -> Any:
        """Leave the coroutine, which must be the one that is running."""

    def transfer(self, to: Coroutine, value: Any = None, /) -> Any:
        """Leave the coroutine, which must be the one that is running, for another one."""

    def throw(self, exception: BaseException | type[BaseException], /) -> Any:
        """As resume, but raise the exception where the coroutine is suspended."""

    def close(self) -> None:
        """End the coroutine: raise CoroutineExit where it is suspended."""

    @property
    def state(
        self,
    ) -> Literal["created", "running", "waiting", "suspended", "finished", "abandoned", "orphaned"]: ...
    @property
    def frame(self) -> FrameType | None:
        """The innermost frame while it is suspended."""

    @property
    def stack_size(self) -> int: ...
    @property
    def switcher(self) -> Literal["separate", "slicing", "ucontext"]: ...

def suspend(value: Any = None, /) -> Any:
    """Leave the coroutine that is running, and return what the next resume passes."""

def current() -> Coroutine | None:
    """The coroutine that is running on this thread."""

def leaked() -> int:
    """How many suspended coroutines were given up with their stacks."""
