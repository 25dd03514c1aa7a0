"""Is this pick enough? One place decides how far an owner must choose before ev.energy can connect the car."""

from dataclasses import dataclass

from onboarding_portal.catalogue.models import Make, Model, Trim, car_name
from onboarding_portal.ev_energy import ids


class PickRefused(Exception):
    """The ids name nothing that is offered, or contradict one another. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """What an owner chose, as far as chosen. The parents of the deepest choice are always filled in."""

    make: Make | None = None
    model: Model | None = None
    trim: Trim | None = None

    @property
    def is_empty(self) -> bool:
        return self.make is None

    @property
    def is_enough(self) -> bool:
        return any(entry is not None and entry.onboardable for entry in (self.make, self.model, self.trim))

    @property
    def name(self) -> str:
        return car_name(self.make, self.model, self.trim)

    @property
    def path_ids(self) -> list[str]:
        return [str(entry.pk) for entry in (self.make, self.model, self.trim) if entry is not None]


def resolve_pick(*, make_id: str = "", model_id: str = "", trim_id: str = "") -> Pick:
    """Returns the pick these ids name, in one query; each may be empty.

    Raises PickRefused for an id that is unknown or retired, and for ids that do not belong together.
    """
    for given, fits in ((make_id, ids.is_make_id), (model_id, ids.is_model_id), (trim_id, ids.is_trim_id)):
        if given and not fits(given):
            raise PickRefused
    pick = _load(make_id=make_id, model_id=model_id, trim_id=trim_id)
    for given, entry in ((make_id, pick.make), (model_id, pick.model), (trim_id, pick.trim)):
        if given and (entry is None or entry.pk != given):
            raise PickRefused
        if entry is not None and entry.retired_at is not None:
            raise PickRefused
    return pick


def _load(*, make_id: str, model_id: str, trim_id: str) -> Pick:
    if trim_id:
        trims = Trim.objects.select_related("model__make__logo").defer("model__make__logo__picture")
        trim = trims.filter(trim_id=trim_id).first()
        return Pick(make=trim.model.make, model=trim.model, trim=trim) if trim else Pick()
    if model_id:
        models = Model.objects.select_related("make__logo").defer("make__logo__picture")
        model = models.filter(model_id=model_id).first()
        return Pick(make=model.make, model=model) if model else Pick()
    if make_id:
        makes = Make.objects.select_related("logo").defer("logo__picture")
        return Pick(make=makes.filter(make_id=make_id).first())
    return Pick()
