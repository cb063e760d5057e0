"""What a file of `mailings/` may say."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from campaigns.mailings.schedule import Length, Schedule
from campaigns.settings.binding import Definition
from campaigns.settings.model import Channel
from campaigns.settings.words import Name

DEFAULT_LATEST = timedelta(hours=4)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_as_list, json_schema_input_type=Name | tuple[Name, ...])]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class MailingFile(Definition):
    """One mailing as written. What it says about other files is checked by the library."""

    title: Title
    owner: str = ""
    segments: Annotated[Names, Field(min_length=1)]
    except_segments: Names = ()
    template: Name
    channel: Channel = "email"
    site: Literal["matched"] | None = None
    schedule: Schedule | None = None
    latest: Length = DEFAULT_LATEST  # this long after its time it is not begun any more

    @model_validator(mode="after")
    def _nobody_twice(self) -> MailingFile:
        named = [*self.segments, *self.except_segments]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice:
            raise ValueError(f"the segment `{twice}` is named twice")
        return self
