"""The API's own description: OpenAPI, and Swagger UI from our own static files."""

from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularAPIView):
    """`/api/schema`: OpenAPI 3.1 as JSON, open to everybody: it tells no facts."""

    authentication_classes = ()
    renderer_classes = [OpenApiJsonRenderer2]


class Docs(SpectacularSwaggerSplitView):
    """`/docs`: without scripts inside the page, so that a strict content policy can stand."""

    authentication_classes = ()
    url_name = "api:schema"
