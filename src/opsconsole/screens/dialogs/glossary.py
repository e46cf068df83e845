"""What the words of each view mean, as the help tells them."""

Words = tuple[tuple[str, str], ...]

STATES: Words = (
    (
        "critical warning",
        "▲ and △ before a row; beside a tab ▲ counts what is critical, · warnings, ● open incidents",
    ),
    ("blind, unknown", "nobody can tell, because a source does not answer or tells nothing; never the same as ok"),
    ("STALE", "the source has not answered for that long; the rows are what it told last"),
    ("~", "the cell or line was cut; enter or w shows it whole"),
)
"""On every view."""

_SERVICES: Words = (
    ("5xx % 4xx %", "share of the requests that failed by the server's fault, by the client's"),
    ("P95 P99", "so many of 100 requests were answered within that time; w tells the bounds of the bucket"),
    ("v LAST WK", "times the same hour of last week: x2.0 is twice as slow (normal)"),
    ("pending 7m of 15m", "over the limit for 7 minutes; after 15 it fires"),
    ("firing since", "over the limit for as long as the rule asks, and not yet back"),
    ("flapping", "fires and ends again and again"),
    ("BURN 1h", "how fast the error budget was used in the last hour; 1 uses it up exactly in its window"),
    ("letters below a chart", "then: D a release, H a scaling, C a setting, R a restart, A an alert, I an incident"),
)
_RULES: Words = (
    ("ok", "it was judged, and is within its limit"),
    ("pending 7m of 15m", "the condition holds for 7 minutes; after FOR, 15, it fires"),
    ("firing since", "the condition holds for as long as FOR asks, or less than its keep-firing time ago"),
    ("flapping", "fires and ends again and again"),
    ("unknown", "nothing tells the value: no series, or a source that does not answer"),
    ("+6", "so many more objects are judged by the rule; enter lists them"),
    ("FIRED 7d", "how often it fired in seven days"),
    ("ASKED FOR BY", "the line of the runbook that the limit is taken from"),
)
_STATEMENTS: Words = (
    ("CHANGE, v BEFORE", "mean and calls of the window against the time before; new: not seen before"),
    ("SHARE %", "of the time that all statements took"),
    ("N+1 suspect", "one request runs the same statement once for each row"),
    ("TREND", "time per second over the last windows, each row on its own scale"),
)
_BILL: Words = (
    ("MTD", "month to date: what the complete days of this period cost"),
    ("v PREV", "against the same days of the period before"),
    ("run-rate", "what the period costs if every day to come costs as the last ones did"),
    ("anomaly", "days that cost more than is usual for that service on that weekday"),
    ("SHARE", "of the whole bill"),
)
_HEALTH: Words = (
    ("HEALTH", "0 to 100 from the inputs and weights that the pane below lists"),
    ("BAND", "healthy, at-risk or churn-risk by the limits of the policy"),
    ("30d", "how many points it rose or fell in 30 days"),
    ("BIGGEST FACTOR", "the input that costs the most points"),
    ("MRR", "what the customer pays a month"),
)

WORDS: dict[tuple[int, str], Words] = {
    (0, "findings"): (
        ("finding", "what is wrong: what, since when, after or together with what, and whom it hurts"),
        ("SEV", "▲1 critical, ?2 blind, △3 warning, ·4 information; acknowledged ones stand last"),
        ("after", "it began shortly after that; the console does not claim that it is the cause"),
        ("with #1", "same service, node or time as finding 1, which leads it"),
        ("pend", "over its limit, but not yet for as long as its rule asks"),
        ("v LAST WK", "times the same hour of last week: x1.0 is normal"),
        ("NEAREST TO FULL", "what will run out first there: connections, memory, processor, replicas"),
        ("SPLIT", "which version, pod, node, endpoint or plan carries the bad requests, against its share of all"),
        ("PULSE", "business figures against the same hour of last week"),
    ),
    (1, "services"): _SERVICES,
    (1, "slo"): (
        ("objective, TARGET", "the share of good events that was promised over the window"),
        ("error budget", "how many bad events the target allows: 1 - target of all events"),
        ("BUDGET LEFT", "what of it is not used; negative when more than all was used (overdrawn)"),
        ("BURN 5m 1h", "how fast it is used: 1x uses it up exactly in the window, 14x in a fourteenth of it"),
        ("EXHAUSTED", "when nothing is left at the burn of the last hour; > 28d: not within the window"),
        ("page, ticket", "the burn is too fast over a long and a short window: wake somebody, or mend it by day"),
        ("held back", "too few events: one bad request would page (low-traffic guard)"),
    ),
    (1, "alerts"): (
        ("active", "Alertmanager or Prometheus tells it; TOLD BY says which, the same alert from both is one row"),
        ("pending", "its condition holds, but not yet for as long as its rule asks"),
        ("suppressed", "silenced, or inhibited by a graver alert: nobody is notified"),
        ("GROUP", "what the Alertmanager sends in one notification"),
        (":rules :silences :noise", "further lists: judged limits, silences with author and end, rules that cry wolf"),
    ),
    (1, "rules"): _RULES,
    (1, "silences"): (
        ("silence", "the Alertmanager notifies nobody of alerts with these labels until it ends"),
        ("expired", "it is over; x shows those too"),
    ),
    (1, "noise"): (
        ("fired", "how often, in the time that the line above tells"),
        ("self-resolved", "ended by itself within 5 minutes, and nobody did anything"),
        ("acted on", "acknowledged, declared an incident, or followed by an action on its object"),
    ),
    (1, "probes"): (
        ("probe", "a question that this machine asks of an address: HTTP, TCP, DNS, certificate"),
        ("LAST 60 MIN", "slices of 2 minutes, newest right: low good, half partly, high failed, blank not asked"),
        ("24H OK", "share of good answers among those that were asked for"),
        ("CERT ENDS", "how long the certificate is valid"),
        ("SINCE", "when the state began"),
    ),
    (1, "logs"): (
        ("pattern", "lines that are equal but for numbers <N>, identifiers <id> and other parts <*>"),
        ("NEW", "patterns of errors and warnings that were not there in the hour before the breach"),
        ("ERR/min v HOUR", "errors a minute, and times the hour before; new: there were none"),
    ),
    (2, "workloads"): (
        ("READY", "pods that serve, of those that are wanted"),
        ("3<=20->31<=20", "of the autoscaler: minimum, pods now, what it wants, maximum"),
        ("CPU%r MEM%l", "share of what was requested, of the limit"),
        ("RST/h LAST", "restarts of the last hour, and why the last one was"),
    ),
    (2, "hpas"): (
        ("3<=20->31<=20", "minimum, pods now, what it wants, maximum"),
        ("at max", "it wants more than it may have: no headroom"),
        ("cpu 91/65 %", "the metric that decides: now and its target"),
    ),
    (3, "statements"): _STATEMENTS,
    (3, "sessions"): (
        ("idle in tx", "a transaction is open and nothing runs: its locks stay, and vacuum cannot pass"),
        ("WAITS, blocked by", "it stands still until another session lets go"),
    ),
    (3, "locks"): (
        ("root", "the first row of a tree holds what all below it wait for; VICTIMS counts those"),
        ("LOCK", "kind and object that is waited for; AccessExcl keeps out even readers"),
    ),
    (3, "redis"): (
        ("hit %", "share of reads that found their key"),
        ("evict", "keys thrown out because the memory is full"),
    ),
    (4, "budget"): _BILL,
    (4, "services"): _BILL,
    (4, "anomalies"): _BILL,
    (5, "health"): _HEALTH,
    (5, "hurt"): (
        ("HURT", "requests of the customer that were slow or failed in the window of the headline"),
        *_HEALTH,
    ),
}


def words_of(digit: int, view: str) -> Words:
    """Those of a view, then those of all views."""
    return (*WORDS.get((digit, view), ()), *STATES)
