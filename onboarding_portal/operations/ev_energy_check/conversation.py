"""What `check_ev_energy` asks of ev.energy: with a token of its own, within the budget, without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from requests.auth import AuthBase, HTTPBasicAuth

from onboarding_portal.ev_energy.auth import BearerAuth, Token
from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.call_log import logged
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.responses import Answer, raise_for_problem
from onboarding_portal.ev_energy.transport import Call, Transport

SECONDS_FOR_A_CALL = 10.0
NO_TOKEN = Token(secret="", renew_at=0.0, expires_at=0.0)


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What is asked of ev.energy in one run, and what came back."""

    transport: Transport
    budget: Budget
    token: Token = NO_TOKEN
    granted_scopes: frozenset[str] = frozenset()
    last_answer: Answer | None = None

    def get(self, operation: str, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        """A good answer. Raises the EvEnergyError any other means."""
        call = Call(operation=operation, url=f"{settings.EV_ENERGY_API_URL}{path}", query=query)
        return self._send(call, auth=BearerAuth(self.token), budget=self.budget)

    def fetch_token(self, *, client_secret: str) -> Answer:
        basic = HTTPBasicAuth(settings.EV_ENERGY_CLIENT_ID, client_secret)
        form = {"grant_type": "client_credentials"}
        call = Call(operation="fetch_token", method="POST", url=settings.EV_ENERGY_TOKEN_URL, form=form)
        return self._send(call, auth=basic, budget=None)

    def _send(self, call: Call, *, auth: AuthBase, budget: Budget | None) -> Answer:
        with deadline(seconds=SECONDS_FOR_A_CALL), logged(operation=call.operation) as record:
            record.answer = self.last_answer = answer = self.transport.send(call, auth=auth, budget=budget)
            raise_for_problem(answer, operation=call.operation)
        return answer
