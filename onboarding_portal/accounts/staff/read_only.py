"""Parts of the admin where staff look and others write: ev.energy, owners, the portal itself."""

from typing import Any

from django.http import HttpRequest


class NeitherAddedNorDeleted:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NeitherAddedNorDeleted):
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
