"""The Django project: settings, URLs, the ASGI application and what starts them."""
