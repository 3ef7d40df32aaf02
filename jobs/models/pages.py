"""Pages of the admin that show no table of their own: Django finds a place for each by a model."""

from jobs.models.rollup import Rollup
from jobs.models.worker import WorkerLease


class TaskTypes(Rollup):
    """How each task type does."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name_plural = "task types"


class System(WorkerLease):
    """How the parts of the installation do."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name_plural = "system"
