"""What callers send, checked field by field; the same classes make the schema."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict

from jobs.api.moments import moment
from jobs.api.problems import FieldError, InvalidInput, refuse
from jobs.domain.options import (
    MAX_KEY_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MOST_DEPENDENCIES,
    MOST_TAGS,
)

#: As far into the future as a delay may reach: ten years.
MOST_DELAY_SECONDS = 10 * 365 * 24 * 3600
MOST_TASKS = 10_000
#: Characters of a caller's value that an error quotes.
QUOTED = 60

#: What `printable` takes, for the schema.
PRINTABLE: JsonDict = {"pattern": r"^[^\u0000]*$"}

Moment = Annotated[datetime, BeforeValidator(moment)]
Reason = Annotated[str, Field(max_length=1000, json_schema_extra=PRINTABLE)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARACTERS)]
FormT = TypeVar("FormT", bound=BaseModel)


class Form(BaseModel):
    """Strict: no conversions, and what is not known is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CallForm(Form):
    """The arguments and options of one task. Fields that mean the same exclude each other."""

    args: list[Any] | None = Field(None, description="Positional arguments.")
    kwargs: dict[str, Any] | None = Field(None, description="Named arguments.")
    payload: dict[str, Any] | None = Field(None, description="Synonym of `kwargs`.")
    data: Any = Field(None, description='Short for `{"kwargs": {"data": …}}`.')
    priority: Literal["high", "default", "normal", "low"] | None = Field(
        None,
        description="The queue; `normal` is a synonym of `default`. Without it, the type's own.",
    )
    queue: str | None = Field(None, description="The queue by name, in place of `priority`.")
    max_retries: int | None = Field(
        None, description="Retries after the first attempt, 0 to 1000; else the type's own."
    )
    timeout_seconds: float | None = Field(
        None,
        allow_inf_nan=False,
        description="Seconds one attempt may run, up to 604800; else the type's own.",
    )
    delay_seconds: float | None = Field(
        None,
        ge=0,
        le=MOST_DELAY_SECONDS,
        allow_inf_nan=False,
        description="Run it this many seconds from now, not at once.",
    )
    run_after: Moment | None = Field(
        None, description="Run it from this moment on, in place of `delay_seconds`."
    )
    expires_at: Moment | None = Field(
        None, description="Revoke it when no worker was free before this moment."
    )
    tags: list[Tag] | None = Field(
        None,
        max_length=MOST_TAGS,
        description="Words by which lists find the task; printable, no space at either end.",
    )
    depends_on: list[str] | None = Field(
        None,
        max_length=MOST_DEPENDENCIES,
        description="Ids of tasks that must succeed before this one runs.",
    )


class SubmitForm(CallForm):
    """One task to run. Fields that mean the same exclude each other."""

    task_type: str | None = Field(
        None, description="Which task type to run; see `GET /api/task-types`."
    )
    name: str | None = Field(None, description="Synonym of `task_type`.")
    type: str | None = Field(None, description="Synonym of `task_type`.")
    unique_key: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_KEY_CHARACTERS,
        description=(
            "While a task of this type with this key is open, it is the answer and none is written."
        ),
    )


class RerunForm(CallForm):
    """What is to differ from the task that is run again; arguments are replaced as a whole."""

    reason: Reason = Field("", description="Kept in the history of both tasks.")


class BulkForm(Form):
    """Many tasks, each as `POST /api/tasks` takes one; all are written or none."""

    tasks: list[Any] = Field(
        min_length=1, max_length=MOST_TASKS, description="Each as `POST /api/tasks` takes one."
    )


class ReasonForm(Form):
    """Why; it is kept in the history."""

    reason: Reason = ""


def read(form: type[FormT], data: object) -> FormT:
    """The form filled with a request's body; InvalidInput names each field that is wrong."""
    if not isinstance(data, dict):
        refuse("body", f"must be a JSON object, not {_kind(data)}")
    try:
        return form.model_validate(dict(data))
    except ValidationError as error:
        raise InvalidInput([_fault(entry, form) for entry in error.errors()]) from None


def printable(field: str, text: str) -> str:
    """The text, if every database can store it and compare with it; InvalidInput otherwise."""
    if "\0" in text:
        refuse(field, "must not contain the character NUL")
    return text


def _fault(entry: Any, form: type[BaseModel]) -> FieldError:
    field = ".".join(str(part) for part in entry["loc"])
    match entry["type"]:
        case "missing":
            return {"field": field, "message": "is missing"}
        case "extra_forbidden":
            known = ", ".join(_part(form, entry["loc"][:-1]).model_fields)
            return {"field": field[:QUOTED], "message": f"is not known here; known are: {known}"}
        case "value_error":
            said = str(entry["ctx"]["error"])
        case _:
            said = str(entry["msg"]).replace("Input should be", "must be", 1)
    return {"field": field, "message": f"{said}, not {_quoted(entry['input'])}"}


def _part(form: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """The form inside a form that a fault is about."""
    for name in path:
        inner = form.model_fields[str(name)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            form = inner
    return form


def _quoted(given: object) -> str:
    if isinstance(given, dict | list):
        return _kind(given)
    text = repr(given)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def _kind(data: object) -> str:
    match data:
        case list():
            return "a list"
        case dict():
            return "an object"
        case str():
            return "a text"
        case None:
            return "null"
        case bool():
            return "a truth value"
    return "a number"
