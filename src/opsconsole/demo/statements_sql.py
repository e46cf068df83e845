"""The SQL text behind each statement id of the shop, whose application runs it, and with which parameters."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

from opsconsole.demo.database_seed import CARTS, JOBS, ORDERS, POSTS, SESSIONS, USERS
from opsconsole.demo.shop import statements as ids

type_of_parameters = Callable[[random.Random], tuple[Any, ...]]

SEARCH_WORDS = ("coffee", "garden", "bicycle", "holiday", "music", "river", "recipe", "winter")


@dataclass(frozen=True, slots=True)
class Statement:
    """One text as the services send it, with the comment by which sqlcommenter names its caller."""

    application: str
    sql: LiteralString
    parameters: type_of_parameters


def _user(rng: random.Random) -> int:
    """Some users are busier than others."""
    return int(rng.random() ** 2 * USERS) + 1


def _any(count: int) -> type_of_parameters:
    return lambda rng: (rng.randint(1, count),)


STATEMENTS: dict[str, Statement] = {
    ids.CART_SELECT: Statement(
        "api",
        """SELECT c.id, c.coupon, i.product_id, i.quantity, p.price FROM carts c \
JOIN cart_items i ON i.cart_id = c.id JOIN products p ON p.id = i.product_id WHERE c.id = %s \
/*application='api',controller='carts',route='GET%%20%%2Fcart'*/""",
        _any(CARTS),
    ),
    ids.CART_UPDATE: Statement(
        "api",
        """UPDATE carts SET updated_at = now() WHERE id = %s \
/*application='api',controller='carts',route='POST%%20%%2Fcart'*/""",
        _any(CARTS),
    ),
    ids.FEED_PAGE: Statement(
        "feed",
        """SELECT p.id, p.author_id, p.body, p.likes, p.created_at FROM follows f \
JOIN posts p ON p.author_id = f.followee_id WHERE f.user_id = %s ORDER BY p.created_at DESC LIMIT 20 \
/*application='feed',route='GET%%20%%2Ffeed'*/""",
        lambda rng: (_user(rng),),
    ),
    ids.POST_BY_ID: Statement(
        "api",
        "SELECT * FROM posts WHERE id = %s /*application='api',controller='posts'*/",
        _any(POSTS),
    ),
    ids.USER_BY_ID: Statement(
        "api",
        "SELECT id, email, name, plan, created_at FROM users WHERE id = %s",
        lambda rng: (_user(rng),),
    ),
    ids.ORDER_ITEMS: Statement(
        "api",
        """SELECT * FROM order_items WHERE order_id = %s \
/*application='api',controller='checkout',route='POST%%20%%2Fcheckout'*/""",
        _any(ORDERS),
    ),
    ids.ORDER_INSERT: Statement(
        "api",
        """INSERT INTO orders (user_id, payment_state, total) VALUES (%s, 'pending', %s) RETURNING id \
/*application='api',controller='checkout',route='POST%%20%%2Fcheckout'*/""",
        lambda rng: (_user(rng), round(rng.uniform(4, 320), 2)),
    ),
    ids.LOGIN_USER: Statement(
        "auth",
        "SELECT id, name, plan FROM users WHERE email = %s /*application='auth',route='POST%%20%%2Flogin'*/",
        lambda rng: (f"user{_user(rng)}@social-live.example",),
    ),
    ids.SESSION_TOUCH: Statement(
        "auth",
        "UPDATE user_sessions SET last_seen = now() WHERE id = %s /*application='auth'*/",
        _any(SESSIONS),
    ),
    ids.SEARCH_POSTS: Statement(
        "search",
        """SELECT id, author_id, body FROM posts WHERE body LIKE '%%' || %s || '%%' ORDER BY id DESC LIMIT 20 \
/*application='search',route='GET%%20%%2Fsearch'*/""",
        lambda rng: (rng.choice(SEARCH_WORDS),),
    ),
    ids.NOTIFICATIONS_UNREAD: Statement(
        "notifications",
        "SELECT count(*) FROM notifications WHERE user_id = %s AND read_at IS NULL /*application='notifications'*/",
        lambda rng: (_user(rng),),
    ),
    ids.JOB_CLAIM: Statement(
        "worker",
        """UPDATE jobs SET claimed_at = now(), attempts = attempts + 1 WHERE id = (SELECT id FROM jobs \
WHERE kind = %s AND id >= %s ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, payload \
/*application='worker',job='claim'*/""",
        lambda rng: (rng.choice(("thumbnail", "digest", "invoice", "webhook")), rng.randint(1, JOBS - 40)),
    ),
    ids.PAYMENT_UPDATE: Statement(
        "payments-gateway",
        "UPDATE orders SET payment_state = 'paid' WHERE id = %s /*application='payments-gateway'*/",
        _any(ORDERS),
    ),
    ids.USERS_COUNT: Statement("scheduler", "SELECT count(*) FROM users", lambda rng: ()),
    ids.POSTS_COUNT: Statement(
        "scheduler",
        "SELECT count(*) FROM posts WHERE created_at > now() - interval '24 hours'",
        lambda rng: (),
    ),
    ids.REVENUE_REPORT: Statement(
        "worker",
        """SELECT o.created_at::date AS day, u.plan, count(DISTINCT o.id) AS orders, \
sum(i.quantity * i.price) AS revenue FROM orders o JOIN order_items i ON i.order_id = o.id \
JOIN users u ON u.id = o.user_id WHERE o.created_at > now() - make_interval(days => %s) \
GROUP BY 1, 2 ORDER BY 1 DESC, 4 DESC /*application='worker',job='revenue_report'*/""",
        lambda rng: (rng.choice((7, 14, 30)),),
    ),
    ids.POST_CARD: Statement(
        "api",
        """SELECT p.id, p.body, p.likes, u.name, \
(SELECT count(*) FROM follows f WHERE f.followee_id = p.author_id) AS followers \
FROM posts p JOIN users u ON u.id = p.author_id WHERE p.id = %s \
/*application='api',controller='posts',cache='miss'*/""",
        _any(POSTS),
    ),
    ids.SESSIONS_ONLINE: Statement(
        "auth",
        """SELECT count(*) FROM user_sessions WHERE last_seen > now() - interval '5 minutes' \
/*application='auth',controller='presence'*/""",
        lambda rng: (),
    ),
    ids.PRESENCE_SWEEP: Statement(
        "auth",
        """UPDATE user_sessions SET last_seen = now() WHERE last_seen < now() - make_interval(secs => %s) \
/*application='auth',job='presence'*/""",
        lambda rng: (1,),
    ),
}
