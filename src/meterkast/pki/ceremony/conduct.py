"""Holding a ceremony: step by step as the script says, all of it recorded, closed where anything fails."""

import logging
from dataclasses import dataclass

from meterkast.model.errors import DataError, LocalError, MeterkastError, TrustError
from meterkast.pki.ceremony.actions import ACTIONS
from meterkast.pki.ceremony.checks import CHECKS
from meterkast.pki.ceremony.record import BEFORE, BEGUN, DONE, FAILED, OPENED, RESUMED, SIGNED
from meterkast.pki.ceremony.script import Step
from meterkast.pki.ceremony.stage import TRANSCRIPT, Stage
from meterkast.pki.ceremony.transcript import Transcript, written

_log = logging.getLogger("meterkast.pki")


@dataclass(frozen=True, slots=True)
class Ceremony:
    """One ceremony and its transcript."""

    stage: Stage
    transcript: Transcript

    @classmethod
    def begin(cls, stage: Stage) -> "Ceremony":
        """A new one, in an empty folder.

        Raises:
            DataError: ``ceremony-roster``, ``ceremony-script-unknown`` for an unknown action or check,
                ``ceremony-script-other-quorum`` where the token opens for another number of holders.
            LocalError: ``ceremony-held-already``, ``ceremony-clock-behind`` where it is earlier than when the
                ceremony before ended.
        """
        stage.roster.require(stage.script)
        _require_known(stage.script.steps)
        _require_quorum(stage)
        _require_later(stage)
        transcript = Transcript.begin(stage.folder / TRANSCRIPT)
        transcript.write(
            OPENED,
            stage.clock(),
            participants=_everybody(stage),
            inputs={"script": stage.script.text.encode(), **_transcript_before(stage)},
            details={
                "operator": stage.operator,
                "script": stage.script.text,
                "holders": list(stage.roster.holders),
                "roles": dict(stage.roster.roles),
            },
        )
        return cls(stage, transcript)

    @classmethod
    def resume(cls, stage: Stage) -> "Ceremony":
        """One that failed, where its script lets it go on; a quorum opens the token again.

        Raises:
            LocalError: ``ceremony-restart`` where everything has to begin anew, ``ceremony-finished``.
            DataError: as ``Transcript.open``; ``ceremony-other-script`` where it was begun by another,
                ``ceremony-other-before`` where it followed another ceremony.
            TrustError: as ``Stage.gather``.
        """
        transcript = Transcript.open(stage.folder / TRANSCRIPT)
        if not transcript.records or transcript.records[0].details.get("script") != stage.script.text:
            raise DataError("ceremony-other-script", "The ceremony was begun by another script.")
        if transcript.records[0].inputs.get(BEFORE) != (stage.before.digest if stage.before else None):
            message = "The ceremony was begun after another one."
            raise DataError("ceremony-other-before", message)
        if transcript.records[-1].event == SIGNED:
            raise LocalError("ceremony-finished", "The ceremony is over.")
        ceremony = cls(stage, transcript)
        step = ceremony.next_step()
        if step is not None and step.after_loss == "restart":
            hint = "Initialise the token again and hold another ceremony in an empty folder."
            raise LocalError(
                "ceremony-restart", "What was made so far does not count.", where=step.action, hint=hint
            )
        try:
            stage.gather("quorum")
            stage.open_token()
        except BaseException as cause:
            ceremony._failed(RESUMED, cause)
            stage.dismiss()
            raise
        transcript.write(RESUMED, stage.clock(), participants=tuple(sorted(stage.cards)))
        return ceremony

    def next_step(self) -> Step | None:
        """The first step that is not done; None where all are."""
        done = {record.step for record in self.transcript.records if record.event == DONE}
        return next((step for step in self.stage.script.steps if step.action not in done), None)

    def hold(self) -> None:
        """Does all steps that are not done, and has the holders sign.

        Whatever is raised on the way is in the transcript first; then the token and all cards are closed.

        Raises:
            MeterkastError: as the steps; TrustError ``ceremony-check-failed``.
        """
        try:
            while (step := self.next_step()) is not None:
                self._do(step)
            self._sign()
        finally:
            self.stage.dismiss()

    def _do(self, step: Step) -> None:
        stage = self.stage
        self.transcript.write(BEGUN, stage.clock(), step=step.action, details={"checks": list(step.checks)})
        try:
            stage.people.announce(step)
            if stage.has_quorum():
                stage.gather(step.present)
            else:
                stage.require_all()  # who get their cards now
            deed = ACTIONS[step.action](stage)
            for check in step.checks:
                if not CHECKS[check](stage):
                    raise TrustError(
                        "ceremony-check-failed", "What must hold after the step does not.", where=check
                    )
        except BaseException as cause:
            self._failed(step.action, cause)
            raise
        self.transcript.write(
            DONE,
            stage.clock(),
            step=step.action,
            participants=tuple(sorted(stage.cards)),
            inputs=deed.inputs,
            outputs=deed.outputs,
            details={**deed.details, "checks": list(step.checks)},
        )

    def _failed(self, step: str, cause: BaseException) -> None:
        """Keeps that something failed, with the code and, where a holder or a check is at fault, its name."""
        if isinstance(cause, MeterkastError):
            details = {"code": cause.code, "where": cause.where}
        else:
            details = {"code": type(cause).__name__, "where": None}
        self.transcript.write(FAILED, self.stage.clock(), step=step, details=details)
        _log.error("ceremony-failed step=%s code=%s", step, details["code"])

    def _sign(self) -> None:
        """Each holder that is still here signs the whole, by its last record, and the time."""
        stage = self.stage
        stage.gather("quorum")
        now = stage.clock()
        octets = signed_octets(self.transcript.head, written(now))
        signatures = {name: card.sign(octets).hex() for name, card in sorted(stage.cards.items())}
        details = {"signatures": signatures}
        self.transcript.write(SIGNED, now, participants=tuple(signatures), details=details)


def signed_octets(head: str, at: str) -> bytes:
    """What holders sign: that at this time a transcript ended with this record."""
    return f"meterkast ceremony transcript v1\n{head}\n{at}\n".encode()


def _everybody(stage: Stage) -> tuple[str, ...]:
    return (*stage.roster.roles.values(), *stage.roster.holders)


def _transcript_before(stage: Stage) -> dict[str, bytes]:
    return {BEFORE: (stage.before.folder / TRANSCRIPT).read_bytes()} if stage.before else {}


def _require_quorum(stage: Stage) -> None:
    quorum = stage.before.quorum if stage.before else None
    if quorum and (len(quorum.holders), quorum.needs) != (stage.script.holders, stage.script.needs):
        where = f"{quorum.needs} of {len(quorum.holders)}"
        message = "The script is for another number of holders than the token opens for."
        raise DataError("ceremony-script-other-quorum", message, where=where)


def _require_later(stage: Stage) -> None:
    if stage.before and (now := stage.clock()) < stage.before.ended:
        hint = "Set the clock of this machine: all that is signed begins by it."
        message = "By this clock the ceremony before is yet to end."
        raise LocalError("ceremony-clock-behind", message, where=written(now), hint=hint)


def _require_known(steps: tuple[Step, ...]) -> None:
    for step in steps:
        unknown = [name for name in step.checks if name not in CHECKS]
        if step.action not in ACTIONS or unknown:
            where = ", ".join(unknown) or step.action
            raise DataError("ceremony-script-unknown", "The script names what nobody can do.", where=where)
