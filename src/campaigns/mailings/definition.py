"""What a file of `mailings/` may say."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from campaigns.mailings.schedule import Length, Schedule
from campaigns.settings.binding import Definition
from campaigns.settings.model import Channel, Name

DEFAULT_LATEST = timedelta(hours=4)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_as_list)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class MailingFile(Definition):
    """One mailing as written. What it says about other files is checked by the library."""

    title: Text
    owner: str = ""
    segments: Annotated[Names, Field(min_length=1)]
    except_segments: Names = ()
    template: Name
    channel: Channel = "email"
    site: Literal["matched"] | None = None
    values: dict[Name, Text] = {}  # mailing.NAME in the template
    schedule: Schedule | None = None
    latest: Length = DEFAULT_LATEST  # later than this after its time it is not sent any more

    @model_validator(mode="after")
    def _nobody_twice(self) -> MailingFile:
        named = [*self.segments, *self.except_segments]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice:
            raise ValueError(f"names the segment `{twice}` twice")
        return self


CODES = {
    "MAI001": "A key that a mailing does not have.",
    "MAI002": "A key that every mailing needs is missing.",
    "MAI003": "The value has the wrong form.",
    "MAI004": "The file's name is no mailing name.",
    "MAI010": "There is no such segment.",
    "MAI011": "There is no such template.",
    "MAI012": "The segments belong to different controllers.",
    "MAI013": "The segments have different purposes.",
    "MAI014": "The purpose of the segments does not allow this kind of message.",
    "MAI015": "The channel is not set up in campaigns.yml, or a segment does not allow it.",
    "MAI016": "The template speaks of a site or contract, and the mailing does not say which.",
    "MAI017": "The template needs a value that the mailing does not give.",
    "MAI018": "The mailing's one time has passed.",
    "MAI020": "The plan is not in a state that allows this.",
    "MAI021": "Something that was approved, or is about to be, was edited since the plan was made.",
    "MAI022": "The number of messages is not the number that was named.",
    "MAI023": "The plan is later than its latest time.",
    "MAI024": "Another program is planning this mailing.",
    "MAI025": "Nobody can be rendered: the template lacks a variable.",
    "MAI026": "The address is not a test address.",
    "MAI027": "The person is not in the register, or has no address.",
    "MAI028": "The message is not unknown.",
    "MAI029": "A sender stopped unexpectedly, or the channel refused us.",
}
