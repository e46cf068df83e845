"""The two queries by which the console reads the demo's customers, as its settings file names them."""

HEALTH_QUERY = """\
SELECT c.id, c.name, c.plan, c.monthly_revenue, c.currency, c.owner, c.signed_up, c.last_contact, now.day AS as_of,
       now.engagement, now.adoption, now.api_usage, now.open_tickets AS tickets, now.days_overdue AS payment, now.nps,
       past.engagement AS engagement_30d, past.adoption AS adoption_30d, past.api_usage AS api_usage_30d,
       past.open_tickets AS tickets_30d, past.days_overdue AS payment_30d, past.nps AS nps_30d,
       concat_ws(',', CASE WHEN now.days_overdue > 0 THEN 'payment overdue' END,
                 CASE WHEN c.champion_left THEN 'champion left' END) AS flags
FROM customers c
LEFT JOIN LATERAL (SELECT * FROM customer_inputs i WHERE i.customer_id = c.id ORDER BY day DESC LIMIT 1) now ON true
LEFT JOIN customer_inputs past ON past.customer_id = c.id AND past.day = now.day - 30
"""

HURT_QUERY = """\
SELECT customer_id, sum(slow) AS slow, sum(failed) AS failed,
       coalesce(min(minute) FILTER (WHERE slow > 0), min(minute)) AS since
FROM customer_requests
WHERE minute > now() - make_interval(secs => %(window_s)s) AND slow + failed > 0
GROUP BY customer_id
HAVING sum(slow + failed) >= 2
"""
"""Two slow or failed requests within the window hurt: one alone is the everyday noise of any platform."""

HURT_WINDOW_S = 900
