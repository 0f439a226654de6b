"""How a verdict comes about: two blind assessors, a draft with reasons, the right of reply, appeal.

The states are a table; a step that it does not name is refused.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.party import Role
from meterkast.assurance.framework.assessment import Agreement, Assessment, agreement
from meterkast.assurance.framework.judgement import Judgement, judge
from meterkast.assurance.framework.policy import Policy
from meterkast.assurance.rules.risk import RiskClass
from meterkast.model.errors import LocalError


class State(StrEnum):
    """Where a case is."""

    INTAKE = "intake"
    EVIDENCE = "evidence"
    ASSESSED = "assessed"
    DRAFT = "draft"
    REPLIED = "replied"
    DECIDED = "decided"
    PUBLISHED = "published"
    UNDER_REVIEW = "under-review"
    OBJECTED = "objected"
    CLOSED = "closed"


class Step(StrEnum):
    """What moves a case on."""

    COLLECT = "collect"
    ASSESS = "assess"
    SEND_DRAFT = "send-draft"
    REPLY = "reply"
    LET_TERM_PASS = "let-term-pass"
    DECIDE = "decide"
    PUBLISH = "publish"
    REVIEW = "review"
    OBJECT = "object"
    SETTLE = "settle"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.INTAKE: {Step.COLLECT: State.EVIDENCE},
    State.EVIDENCE: {Step.ASSESS: State.ASSESSED},
    State.ASSESSED: {Step.SEND_DRAFT: State.DRAFT},
    State.DRAFT: {Step.REPLY: State.REPLIED, Step.LET_TERM_PASS: State.REPLIED},
    # A reply with new evidence sends the case back to the assessors.
    State.REPLIED: {Step.DECIDE: State.DECIDED, Step.COLLECT: State.EVIDENCE},
    State.DECIDED: {Step.PUBLISH: State.PUBLISHED, Step.OBJECT: State.OBJECTED},
    State.PUBLISHED: {Step.REVIEW: State.UNDER_REVIEW, Step.OBJECT: State.OBJECTED},
    State.UNDER_REVIEW: {Step.COLLECT: State.EVIDENCE},
    State.OBJECTED: {Step.COLLECT: State.EVIDENCE, Step.SETTLE: State.CLOSED},
    State.CLOSED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One supplier, one component, one version of the policy; every step gives a new case.

    Attributes:
        assessments: of two assessors, who do not see each other's.
        settled: how each difference between them was settled, by criterion.
        reply: what the supplier answered; it always stands beside the verdict.
        signed_by: the operator that decided.
    """

    supplier: str
    component: str
    risk: RiskClass
    policy: Policy
    state: State = State.INTAKE
    assessments: tuple[Assessment, ...] = ()
    settled: tuple[tuple[str, str], ...] = ()
    draft: Judgement | None = None
    draft_sent: date | None = None
    reply: str | None = None
    judgement: Judgement | None = None
    signed_by: str | None = None
    decided_on: date | None = None

    def collect(self) -> "Case":
        """Opens the case, or opens it again; earlier assessments no longer count."""
        return replace(
            self, state=self._after(Step.COLLECT), assessments=(), settled=(), draft=None, draft_sent=None
        )

    def assess(self, first: Assessment, second: Assessment, settled: dict[str, str] | None = None) -> "Case":
        """Takes two independent assessments.

        Args:
            first: its levels stand where a difference is settled.
            second: of another assessor.
            settled: for each criterion on which they differ, how that was settled in writing.

        Raises:
            LocalError: ``assessors-not-two``, ``difference-not-settled``, ``case-wrong-subject``.
        """
        for assessment in (first, second):
            if (assessment.supplier, assessment.component) != (self.supplier, self.component):
                raise LocalError("case-wrong-subject", "This assessment is about something else.")
        differing = agreement(self.policy, first, second).differing
        missing = [criterion for criterion in differing if not (settled or {}).get(criterion, "").strip()]
        if missing:
            raise LocalError(
                "difference-not-settled",
                "The assessors differ, and how that was settled is not written down.",
                where=missing[0],
            )
        return replace(
            self,
            state=self._after(Step.ASSESS),
            assessments=(first, second),
            settled=tuple((settled or {}).items()),
        )

    @property
    def agreement(self) -> Agreement:
        """How far the two assessors agree.

        Raises:
            LocalError: ``case-not-assessed``.
        """
        if not self.assessments:
            raise LocalError("case-not-assessed", "Nobody has assessed this case yet.")
        return agreement(self.policy, *self.assessments)

    def send_draft(self, on: date) -> "Case":
        """Sends the draft with its reasons to the supplier; the term of reply begins."""
        if not self.assessments:
            raise LocalError("case-not-assessed", "Nobody has assessed this case yet.")
        draft = judge(self.policy, self.risk, self.assessments[0])
        return replace(self, state=self._after(Step.SEND_DRAFT), draft=draft, draft_sent=on)

    def answer(self, reply: str) -> "Case":
        """The supplier's reply."""
        return replace(self, state=self._after(Step.REPLY), reply=reply)

    def let_term_pass(self, on: date) -> "Case":
        """Goes on without a reply.

        Raises:
            LocalError: ``reply-term-runs`` while the supplier may still answer.
        """
        if self.draft_sent is not None and on <= self.reply_until:
            raise LocalError("reply-term-runs", f"The supplier may answer until {self.reply_until}.")
        return replace(self, state=self._after(Step.LET_TERM_PASS))

    @property
    def reply_until(self) -> date:
        """The last day for a reply.

        Raises:
            LocalError: ``case-no-draft``.
        """
        if self.draft_sent is None:
            raise LocalError("case-no-draft", "No draft was sent.")
        return self.draft_sent + timedelta(days=self.policy.reply_days)

    def decide(self, signer: str, dossier: Dossier, on: date) -> "Case":
        """Signs the verdict.

        Raises:
            LocalError: ``signer-no-operator``; only an operator decides.
        """
        if Role.OPERATOR not in dossier.party(signer).roles:
            raise LocalError("signer-no-operator", "Only an operator signs a verdict.", where=signer)
        return replace(
            self, state=self._after(Step.DECIDE), judgement=self.draft, signed_by=signer, decided_on=on
        )

    def publish(self) -> "Case":
        """Publishes by disclosure class."""
        return replace(self, state=self._after(Step.PUBLISH))

    def review(self) -> "Case":
        """Opens a review: on expiry, on change or on request."""
        return replace(self, state=self._after(Step.REVIEW))

    def appeal(self) -> "Case":
        """The supplier objects or goes to court; the outcome is linked to the decision."""
        return replace(self, state=self._after(Step.OBJECT))

    def settle(self) -> "Case":
        """An objection ends without a new assessment."""
        return replace(self, state=self._after(Step.SETTLE))

    def _after(self, step: Step) -> State:
        following = TRANSITIONS[self.state].get(step)
        if following is None:
            raise LocalError("case-wrong-step", f"A case that is {self.state} cannot {step}.")
        return following
