"""The SQL statements that the shop's services run: their ids and what each is for; the workload holds the texts."""

from typing import Final

CART_SELECT: Final = "cart_select"
CART_UPDATE: Final = "cart_update"
FEED_PAGE: Final = "feed_page"
POST_BY_ID: Final = "post_by_id"
USER_BY_ID: Final = "user_by_id"
ORDER_ITEMS: Final = "order_items_by_order"
ORDER_INSERT: Final = "order_insert"
LOGIN_USER: Final = "login_user"
SESSION_TOUCH: Final = "session_touch"
SEARCH_POSTS: Final = "search_posts"
NOTIFICATIONS_UNREAD: Final = "notifications_unread"
JOB_CLAIM: Final = "job_claim"
PAYMENT_UPDATE: Final = "payment_update"
USERS_COUNT: Final = "users_count"
POSTS_COUNT: Final = "posts_count"
REVENUE_REPORT: Final = "revenue_report"
POST_CARD: Final = "post_card"
SESSIONS_ONLINE: Final = "sessions_online"
PRESENCE_SWEEP: Final = "presence_sweep"

STATEMENTS: Final[dict[str, str]] = {
    CART_SELECT: "read one cart by its id (some rows)",
    CART_UPDATE: "touch one cart (one row written)",
    FEED_PAGE: "newest twenty posts of the people a user follows (join, order by, limit)",
    POST_BY_ID: "one post by primary key",
    USER_BY_ID: "one user by primary key",
    ORDER_ITEMS: "the items of one order; api 1.8.2 asks it once per past order of the customer: the N+1",
    ORDER_INSERT: "insert one order and return its id",
    LOGIN_USER: "look up one user by e-mail",
    SESSION_TOUCH: "update one session's last_seen",
    SEARCH_POSTS: "search posts by words (like or full text, limit)",
    NOTIFICATIONS_UNREAD: "count one user's unread notifications",
    JOB_CLAIM: "claim one job of the queue (for update skip locked, or an update with a limit)",
    PAYMENT_UPDATE: "set one order's payment state",
    USERS_COUNT: "count all users",
    POSTS_COUNT: "count the posts of the last 24 hours",
    REVENUE_REPORT: "revenue by day over the orders (aggregation, the slowest of all)",
    POST_CARD: "one post as a card with its author and followers; what the cache is there to save",
    SESSIONS_ONLINE: "count the sessions of the last minutes; auth 2.4.0 asks it at each login",
    PRESENCE_SWEEP: "touch every session: the heartbeat of auth 2.4.0, which nobody else runs",
}
"""Statement id → one line saying what it does."""
