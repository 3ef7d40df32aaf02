"""The ground of every answer, and the answer to what went wrong."""

from pydantic import BaseModel, ConfigDict, Field

from jobs.domain.operations import OperationState
from jobs.domain.states import State


class Answer(BaseModel):
    """Everything named is always there; null stands for nothing."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Answer):
    """One field that is wrong."""

    field: str
    message: str
    position: int | None = Field(
        None, description="Of the character, from 1, at which a search goes wrong."
    )
    index: int | None = Field(None, description="Of the bad task, in a bulk call.")


class Problem(Answer):
    """An error, as RFC 9457 says it."""

    type: str = Field(description="Always about:blank; `code` tells problems apart.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs.")
    errors: list[FieldProblem] | None = Field(None, description="Which fields are wrong, and why.")
    state: State | OperationState | None = Field(
        None, description="With 409: the state that forbade it, of the task or the operation."
    )
