"""`send`: checks that an approved plan may leave, and sends until nothing waits.

A few messages go out from this process. Many go out from several processes, each with its share of the
channel's connections; they claim from the same plan and need no other agreement.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from campaigns.errors import CampaignsError, Refused
from campaigns.ledger import audit, claims, messages, plans, sendings
from campaigns.ledger.integrity import check_pages
from campaigns.ledger.plans import PlanRow
from campaigns.mailings.deciding import LAKE, refuse_unfit
from campaigns.mailings.sending.desk import Counts
from campaigns.mailings.sending.processes import Processes
from campaigns.mailings.sending.recovery import recover
from campaigns.mailings.sending.stopping import stop_on_signals
from campaigns.mailings.sending.team import Team

if TYPE_CHECKING:
    from campaigns.channels.protocol import Channel
    from campaigns.mailings.parts import Parts

Tick = Callable[[int, int | None], None]

ALONE_UP_TO = 2_000  # messages: below this, starting other processes takes longer than sending
AT_LEAST_EACH = 50  # messages a connection, before another is opened
MISSED = "MISSED"
AT_ONCE = 2_000  # rows that one transaction changes: the web page writes in between


@dataclass(frozen=True, kw_only=True, slots=True)
class SendResult:
    """What one `send` of a plan did. `trouble` says why it stopped before everything was tried."""

    plan_id: int
    mailing: str
    counts: Counts
    seconds: float
    waiting: int = 0  # still to send, or due again later
    trouble: str = ""

    def as_json(self) -> dict[str, Any]:
        """The keys that `send --json` promises."""
        return {
            "plan": self.plan_id,
            "sent": self.counts.sent,
            "withheld": dict(sorted(self.counts.withheld.items())),
            "deferred": self.counts.deferred,
            "failed": self.counts.failed,
            "unknown": self.counts.unknown,
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        counts = self.counts
        speed = f", {counts.sent / self.seconds:,.0f} a second" if self.seconds > 1 else ""
        lines = [f"Plan {self.plan_id}, {self.mailing}: {counts.sent:,} sent in {self.seconds:.1f} s{speed}"]
        for number, words in (
            (counts.withheld.total(), "left out at hand-over"),
            (counts.deferred, "put off, tried again later"),
            (counts.failed, "failed"),
            (counts.unknown, "unknown: look them up, then `campaigns resolve`"),
            (self.waiting, "waiting"),
        ):
            if number:
                lines.append(f"  {number:>10,}  {words}")
        if self.trouble:
            lines.append(f"  stopped: {self.trouble}")
        return "\n".join(lines)


def send(
    parts: Parts,
    plan_id: int,
    *,
    actor: str,
    tick: Tick = lambda _done, _total: None,
    stop: threading.Event | None = None,
    late: Literal["refuse", "withhold"] = "refuse",
    processes: int | None = None,
    channel: Channel | None = None,
) -> SendResult:
    """Send what waits in an approved plan, now. Killed at any moment, a later call goes on where it was.

    `late`: what becomes of messages never tried when the plan's latest time has passed. `processes`: how
    many, by default as many as there are processors, connections and messages for. `channel`: another than
    the settings name, used in this process.

    Raises `Refused`: MAI020 when the plan is not approved, MAI021 when something was edited since, MAI023
    when it is late, NO_PROCESSOR_AGREEMENT or TRANSFER_NOT_COVERED; `DataDamaged` when the ledger is.
    """
    with parts.ledger.read() as connection:
        plan = plans.get(connection, plan_id)
    if plan.state != "approved":
        raise Refused("MAI020", f"plan {plan_id} is {plan.state}; send needs one that is approved.")
    started, now = time.monotonic(), parts.clock()
    if late == "refuse" and _is_late(parts, plan, now):
        raise Refused(
            "MAI023",
            f"plan {plan_id} was due {plan.occurrence}, and its latest time has passed.",
            hint=f"cancel it and plan again: campaigns cancel {plan_id}, campaigns plan {plan.mailing}",
        )
    check_pages(parts.ledger)
    refuse_unfit(parts, plan, but=LAKE)
    with stop_on_signals(stop := stop or threading.Event()):
        begun = sendings.begin(parts.ledger, plan, now=now)
        result = _Send(parts, plan, actor, tick, stop).run(processes, channel, started, now)
        if result.counts.handled:
            _note(parts, plan, result, actor)
        sendings.end(parts.ledger, begun, now=parts.clock())
        return result


def _note(parts: Parts, plan: PlanRow, result: SendResult, actor: str) -> None:
    counts = result.as_json()
    with parts.ledger.write() as connection:
        audit.record(
            connection,
            at=parts.clock(),
            actor=actor,
            action="plan_sent",
            controller=plan.controller,
            details={name: value for name, value in counts.items() if name != "seconds"},
        )


def refuse_early(parts: Parts, plan_id: int) -> None:
    """Raises `Refused` MAI031 for a plan whose time has not come: `send --due` sends it when it has."""
    with parts.ledger.read() as connection:
        plan = plans.get(connection, plan_id)
    if plan.due_at is not None and plan.due_at > parts.clock():
        raise Refused(
            "MAI031",
            f"plan {plan_id} is due {plan.occurrence}.",
            hint=f"`campaigns send --due` sends it then; `campaigns send {plan_id} --now` sends it now",
        )


def send_due(
    parts: Parts, *, actor: str, tick: Tick = lambda _done, _total: None, stop: threading.Event | None = None
) -> list[SendResult]:
    """Send every approved plan whose time has come, and what was put off until now, the oldest plan first.

    A plan that is too late is not sent; its messages are withheld with MISSED. A plan that was edited since
    it was approved is not sent either; its result says so in `trouble`.
    """
    stop = stop or threading.Event()
    with parts.ledger.read() as connection:
        approved = plans.in_states(connection, ("approved",))
    now = parts.clock()
    due = [plan for plan in approved if plan.due_at is None or plan.due_at <= now]
    results = []
    for plan in due:
        if stop.is_set():
            break
        try:
            result = send(parts, plan.plan_id, actor=actor, tick=tick, stop=stop, late="withhold")
        except Refused as refusal:
            # one plan that was edited since its approval must not keep the others from going
            result = SendResult(
                plan_id=plan.plan_id,
                mailing=plan.mailing,
                counts=Counts(),
                seconds=0.0,
                trouble=refusal.mistake.message,
            )
        results.append(result)
    return results


class _Send:
    """One `send` of one plan."""

    def __init__(self, parts: Parts, plan: PlanRow, actor: str, tick: Tick, stop: threading.Event) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._plan = plan
        self._actor = actor
        self._tick = tick
        self._stop = stop
        self._done = 0
        self._total = 0
        self._turn = threading.Lock()
        self.counts = Counts()

    def run(
        self, processes: int | None, channel: Channel | None, started: float, now: datetime
    ) -> SendResult:
        """From recovery to the plan's end, or until something stops it."""
        self._settle_lost(now)
        if _is_late(self._parts, self._plan, now):
            self._miss(now)
        with self._ledger.write() as connection:
            claims.requeue_due(connection, self._plan.plan_id, now=now)
        trouble = self._send(processes, channel)
        self._settle_lost(self._parts.clock())
        waiting = self._finish()
        return SendResult(
            plan_id=self._plan.plan_id,
            mailing=self._plan.mailing,
            counts=self.counts,
            seconds=time.monotonic() - started,
            waiting=waiting,
            trouble=trouble,
        )

    def _send(self, processes: int | None, channel: Channel | None) -> str:
        """Hand over what waits; why it stopped early, or nothing."""
        with self._ledger.read() as connection:
            span = messages.span(connection, self._plan.plan_id)
        if span is None:
            return ""
        self._total = span.messages
        mailing = self._parts.mailings.as_planned().load(self._plan.mailing)
        opened = channel or _open(self._parts, mailing.channel)
        wanted = processes if processes is not None else _processes(opened.connections, span.messages)
        if channel is not None or wanted <= 1:
            team = Team(
                self._parts,
                self._plan,
                mailing,
                opened,
                connections=min(opened.connections, max(1, span.messages // AT_LEAST_EACH)),
                stop=self._stop,
                tick=self._handled,
            )
            team.run()
            self.counts.add(team.counts)
            return _trouble(team.troubles)
        crowd = Processes(self._parts.root, self._plan.plan_id, stop=self._stop, tick=self._handled)
        crowd.run(wanted, connections=opened.connections, first=span.first, last=span.last)
        self.counts.add(crowd.counts)
        return crowd.trouble

    def _settle_lost(self, now: datetime) -> None:
        self.counts.unknown += recover(self._ledger, self._plan.plan_id, now=now).unknown

    def _miss(self, now: datetime) -> None:
        """Withhold what was never tried; what a receiver put off is tried again all the same."""
        missed = 0
        while True:
            with self._ledger.write() as connection:
                some = messages.withhold_untried(
                    connection, self._plan.plan_id, reason=MISSED, most=AT_ONCE, now=now
                )
            missed += some
            if some < AT_ONCE:
                break
        if missed:
            self.counts.withheld[MISSED] += missed
            with self._ledger.write() as connection:
                audit.record(
                    connection,
                    at=now,
                    actor=self._actor,
                    action="plan_missed",
                    controller=self._plan.controller,
                    details={"plan": self._plan.plan_id, "mailing": self._plan.mailing, "messages": missed},
                )

    def _finish(self) -> int:
        """Close the plan when nothing is left; how many are waiting or due again."""
        plan_id = self._plan.plan_id
        with self._ledger.read() as connection:
            left = messages.pending(connection, plan_id)
        if not left:
            with self._ledger.write() as connection:
                if not messages.pending(connection, plan_id):
                    plans.move(connection, plan_id, to="done", only_from=("approved",))
        return left

    def _handled(self, number: int) -> None:
        with self._turn:
            self._done += number
            done = self._done
        self._tick(done, self._total)


def _is_late(parts: Parts, plan: PlanRow, now: datetime) -> bool:
    """The latest time has passed, and somebody was never tried."""
    if plan.latest_at is None or now <= plan.latest_at:
        return False
    with parts.ledger.read() as connection:
        return messages.has_untried(connection, plan.plan_id)


def _open(parts: Parts, channel: str) -> Channel:
    from campaigns.channels.opening import open_channel

    return open_channel(parts.settings, channel, parts.data)


def _processes(connections: int, waiting: int) -> int:
    if waiting <= ALONE_UP_TO:
        return 1
    return min(connections, os.cpu_count() or 1)


def _trouble(troubles: list[BaseException]) -> str:
    """The first trouble in a sentence. A fault of the program itself is raised as it is."""
    for trouble in troubles:
        if not isinstance(trouble, CampaignsError):
            raise trouble
    return str(troubles[0]) if troubles else ""
