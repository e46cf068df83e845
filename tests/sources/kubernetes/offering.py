"""Lets the small API server tell which kinds it offers, in either form of discovery."""

from typing import Any

from aiohttp import web

from .server import ApiServer


def offer(server: ApiServer, *, aggregated: bool, **groups: dict[str, list[str]]) -> None:
    """Lets the server tell what it offers: group → version → plurals."""

    def told(name: str, versions: dict[str, list[str]]) -> dict[str, Any]:
        if not aggregated:
            return {"name": name, "versions": [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]}
        found = [{"version": one, "resources": [{"resource": each} for each in of]} for one, of in versions.items()]
        return {"metadata": {"name": name}, "versions": found}

    async def answer(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/apis":
            every = [told(name, versions) for name, versions in groups.items()]
            return web.json_response({"items" if aggregated else "groups": every})
        for name, versions in groups.items():
            for version, plurals in versions.items():
                if request.path == f"/apis/{name}/{version}":
                    return web.json_response({"resources": [{"name": each} for each in plurals]})
        return None

    server.fault = answer
