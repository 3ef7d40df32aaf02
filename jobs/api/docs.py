"""The API's own description: OpenAPI, and Swagger UI from our own static files."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from jobs.api.renderers import OrjsonRenderer


class Schema(SpectacularAPIView):
    """`/api/schema`: OpenAPI 3.1 as JSON, open to everybody: it tells no facts."""

    authentication_classes = ()
    renderer_classes = [OrjsonRenderer]


class Docs(SpectacularSwaggerSplitView):
    """`/docs`: without scripts or styles inside the page, so that a strict policy can stand.

    Light or dark, as the reader's system is.
    """

    authentication_classes = ()
    template_name = "jobs/docs.html"
    url_name = "api:schema"
