"""Staff's lists take filters from their address, so whatever somebody types there reaches the database.

Django sends those it can tell to be broken back to the plain list. Many show only when the database, or the code
that writes its SQL, meets the value: a broken pattern, a year 10000, a number too large, half a range.
"""

import logging

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DatabaseError
from django.http import HttpRequest

from onboarding_portal.unreachable import is_unreachable

logger = logging.getLogger("onboarding_portal.accounts")


class StaffChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Raises IncorrectLookupParameters, which Django answers with the plain list."""
        try:
            super().get_results(request)
        except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            if is_unreachable(error) or not self.get_filters_params():
                raise
            # With its trace, because a mistake in a filter of ours would end here too.
            logger.warning("A list for staff does not take its filters", exc_info=True)
            raise IncorrectLookupParameters from error
