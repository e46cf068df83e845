"""The endpoints of the shop's services: how often they are asked, how they answer, what one request costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opsconsole.demo.shop import statements as sql

PLANS = ("free", "pro", "enterprise")
_MIXED: Mapping[str, float] = {"free": 0.62, "pro": 0.30, "enterprise": 0.08}
_BUYERS: Mapping[str, float] = {"free": 0.15, "pro": 0.71, "enterprise": 0.14}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as the version that the demo starts with serves it."""

    service: str
    method: str
    path: str
    requests_s: float
    """Mean over the week."""
    median_s: float
    sigma: float
    cpu_ms: float
    """CPU milliseconds per request."""
    queries: Mapping[str, float] = field(default_factory=dict)
    """Statement id → calls per request."""
    error_ratio: float = 0.001
    client_error_ratio: float = 0.01
    client_status: str = "404"
    ok_status: str = "200"
    plans: Mapping[str, float] = field(default_factory=lambda: _MIXED)
    """Share of the requests by the customer's plan."""
    spread: tuple[float, float] = (0.8, 1.35)
    """Medians of its quick and its slow requests, as factors of `median_s`."""

    @property
    def key(self) -> str:
        return f"{self.service} {self.method} {self.path}"


CHECKOUT = "/checkout"
LOGIN = "/login"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "api", "GET", "/feed", 15.6, 0.046, 0.58, 102,
        {sql.SESSION_TOUCH: 0.5, sql.FEED_PAGE: 1.0, sql.NOTIFICATIONS_UNREAD: 0.5, sql.USER_BY_ID: 0.5,
         sql.POST_CARD: 0.25}, 0.0018, 0.002,
    ),
    Endpoint(
        "api", "GET", "/posts/:id", 9.75, 0.031, 0.60, 54,
        {sql.POST_BY_ID: 1.0, sql.USER_BY_ID: 0.7, sql.POST_CARD: 0.1}, 0.0012, 0.021,
    ),
    Endpoint(
        "api", "POST", CHECKOUT, 3.9, 0.079, 0.42, 194,
        {sql.CART_SELECT: 1.0, sql.ORDER_ITEMS: 1.0, sql.ORDER_INSERT: 1.0}, 0.0024, 0.012, "400", "201", _BUYERS,
    ),
    Endpoint(
        "api", "POST", "/cart", 3.9, 0.042, 0.55, 97, {sql.CART_SELECT: 1.0, sql.CART_UPDATE: 1.0}, 0.0015, 0.009,
        "400", "200",
    ),
    Endpoint(
        "api", "GET", "/users/me", 5.85, 0.021, 0.55, 48, {sql.USER_BY_ID: 1.0, sql.SESSION_TOUCH: 0.4}, 0.0008, 0.012,
        "401",
    ),
    Endpoint("web", "GET", "/", 8.1, 0.024, 0.55, 12, {}, 0.0004, 0.004),
    Endpoint("web", "GET", "/assets/:file", 13.7, 0.0042, 0.6, 2, {}, 0.0001, 0.011),
    Endpoint(
        "auth", "POST", LOGIN, 6.95, 0.056, 0.35, 30, {sql.LOGIN_USER: 1.0, sql.SESSION_TOUCH: 1.0}, 0.0009, 0.036,
        "401",
    ),
    Endpoint("search", "GET", "/search", 4.2, 0.038, 0.6, 80, {sql.SEARCH_POSTS: 1.0}, 0.0016, 0.006, "400"),
    Endpoint("feed", "GET", "/rank", 15.1, 0.017, 0.5, 22, {}, 0.0009, 0.001, "400"),
    Endpoint("media", "GET", "/media/:id", 9.3, 0.021, 0.7, 12, {}, 0.0011, 0.017),
    Endpoint(
        "payments-gateway", "POST", "/charges", 2.46, 0.058, 0.35, 10, {sql.PAYMENT_UPDATE: 1.0}, 0.0021, 0.014, "402",
        "201", _BUYERS,
    ),
)  # fmt: skip

BY_SERVICE: dict[str, tuple[Endpoint, ...]] = {
    service: tuple(endpoint for endpoint in ENDPOINTS if endpoint.service == service)
    for service in dict.fromkeys(endpoint.service for endpoint in ENDPOINTS)
}

BACKGROUND_STATEMENTS_S: Mapping[str, float] = {
    sql.JOB_CLAIM: 5.0,
    sql.NOTIFICATIONS_UNREAD: 2.0,
    sql.USERS_COUNT: 0.1,
    sql.POSTS_COUNT: 0.1,
    sql.REVENUE_REPORT: 0.02,
    sql.SESSIONS_ONLINE: 0.1,
}
"""Statements that no request brings: workers, schedulers and reports; calls per second."""

BACKGROUND_CPU: Mapping[str, float] = {
    "worker": 285.0,
    "search-index": 430.0,
    "ingress-nginx-controller": 64.0,
    "scheduler": 18.0,
    "notifications": 46.0,
    "node-exporter": 6.0,
    "kube-state-metrics": 9.0,
    "redis-exporter": 3.0,
    "postgres-exporter": 4.0,
}
"""Millicores per pod of work that is not a request of an endpoint above; follows the day."""

IDLE_CPU = 12.0
"""Millicores that a pod of any service burns without requests."""

CONNECTIONS_PER_POD: Mapping[str, int] = {
    "api": 2,
    "auth": 2,
    "worker": 2,
    "notifications": 1,
    "payments-gateway": 1,
    "feed": 1,
    "search": 1,
    "scheduler": 1,
    "postgres-exporter": 1,
}
"""Database connections that the pool of one pod keeps open."""

MEMORY_SHARE: Mapping[str, float] = {"api": 0.58, "search-index": 0.71, "worker": 0.46, "node-exporter": 0.2}
"""Resting memory as a share of the limit; 0.42 for all others."""
