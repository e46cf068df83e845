"""Trees of plans: where their cost lies and what would make them cheaper."""

import json
from typing import Any

import pytest

from opsconsole.model.plan import Plan
from opsconsole.rules.plan import parsed, relations


def plan(root: dict[str, Any], **counted: float) -> Plan:
    return parsed(json.dumps([{"Plan": root}]), counted)


def scan(kind: str = "Seq Scan", cost: float = 900.0, rows: float = 2, **more: Any) -> dict[str, Any]:
    return {"Node Type": kind, "Relation Name": "order_items", "Startup Cost": 0.0, "Total Cost": cost,
            "Plan Rows": rows, "Plan Width": 48, **more}  # fmt: skip


def test_a_table_read_whole_for_few_rows_wants_an_index_on_what_the_filter_compares() -> None:
    found = plan(scan(Filter="((order_id = $1) AND (price > '4'::numeric))"), order_items=120_000)
    assert found.nodes[0].marks == ("100 % of the cost", "reads all 120k rows")
    assert found.nodes[0].conditions == (("Filter", "((order_id = $1) AND (price > ?::numeric))"),)
    assert found.hints == (
        "missing index? keeps about 2 of 120k rows of order_items; one does:"
        " CREATE INDEX CONCURRENTLY ON order_items (order_id, price)",
    )


@pytest.mark.parametrize(
    ("filter", "rows", "counted"),
    [
        ("(order_id = $1)", 2, 400),  # small: reading it whole is right
        ("(order_id = $1)", 60_000, 120_000),  # most of it is wanted
        ("((a = $1) OR (b = $2))", 2, 120_000),  # one index would not do
        ("(body ~~ $1)", 2, 120_000),  # no index by values serves a pattern
    ],
)
def test_no_index_is_named_where_none_would_help(filter: str, rows: float, counted: float) -> None:
    assert plan(scan(rows=rows, Filter=filter), order_items=counted).hints == ()


def test_the_inner_side_of_a_nested_loop_is_paid_once_per_outer_row() -> None:
    outer = scan("Index Scan", 10.0, 5000, **{"Index Name": "orders_user", "Parent Relationship": "Outer"})
    inner = scan("Index Scan", 0.5, 1, **{"Index Name": "items_order", "Parent Relationship": "Inner"})
    join = {
        "Node Type": "Nested Loop",
        "Join Type": "Left",
        "Total Cost": 2600.0,
        "Plan Rows": 5000,
        "Plans": [outer, inner],
    }
    found = plan(join, order_items=100.0)
    assert [(node.depth, node.kind, node.last) for node in found.nodes] == [
        (0, "Nested Loop Left Join", True),
        (1, "Index Scan", False),
        (1, "Index Scan", True),
    ]
    assert found.nodes[2].marks == ("96 % of the cost", "run 5k times")
    assert found.indexes == ("orders_user", "items_order")


def test_what_is_materialized_is_made_once() -> None:
    outer = scan("Index Scan", 10.0, 5000) | {"Parent Relationship": "Outer"}
    inner = {"Node Type": "Materialize", "Total Cost": 950.0, "Parent Relationship": "Inner", "Plans": [scan()]}
    join = {"Node Type": "Nested Loop", "Total Cost": 4000.0, "Plan Rows": 5000, "Plans": [outer, inner]}
    found = plan(join | {"Subplan Name": "SubPlan 1"}, order_items=100.0)
    assert [round(node.share, 2) for node in found.nodes] == [0.76, 0.0, 0.01, 0.23]
    assert found.nodes[3].marks == ()
    assert found.nodes[0].kind == "Nested Loop (SubPlan 1)"


def test_a_limit_pays_only_a_part_of_what_is_below_it() -> None:
    found = plan({"Node Type": "Limit", "Total Cost": 5.0, "Plan Rows": 1, "Plans": [scan(cost=900.0)]}, order_items=50)
    assert [round(node.share, 2) for node in found.nodes] == [0.0, 1.0]


def test_names_and_literals_of_others_are_made_safe() -> None:
    odd = scan(Filter="(mail = 'max@mail.example'::text)") | {"Index Name": "a\x1b[31m"}
    found = plan(odd, order_items=1)
    assert dict(found.nodes[0].conditions)["Filter"] == "(mail = ?::text)"
    assert found.nodes[0].index == "a␛[31m"


def test_tables_that_nobody_counted_are_said() -> None:
    assert "order_items has is not known" in plan(scan()).hints[0]
    assert relations(plan(scan())) == {"order_items"}


@pytest.mark.parametrize("answer", ["", "[]", "{}", "[1]", '[{"Plan": 3}]', '[{"Plan": {"Plans": 7}}]'])
def test_answers_that_are_no_plan(answer: str) -> None:
    assert parsed(answer).cost == 0.0


def test_deep_plans_are_bounded() -> None:
    root = scan()
    for _ in range(300):
        root = {"Node Type": "Materialize", "Total Cost": 900.0, "Plans": [root]}
    assert max(node.depth for node in plan(root).nodes) == 60


def test_what_a_function_or_a_with_query_brings_is_no_table_that_nobody_analysed() -> None:
    called = {"Node Type": "Function Scan", "Function Name": "generate_series", "Subplan Name": "CTE days",
              "Parent Relationship": "InitPlan", "Total Cost": 5.0, "Plan Rows": 100}  # fmt: skip
    found = plan({"Node Type": "CTE Scan", "CTE Name": "days", "Total Cost": 10.0, "Plan Rows": 1, "Plans": [called]})
    assert found.hints == ()
    assert relations(found) == set()
    assert "order_items" in plan(scan()).hints[0]


def test_a_table_read_whole_to_be_joined_with_few_rows_wants_an_index_on_what_joins_it() -> None:
    posts = scan(cost=6900.0, rows=210_000, **{"Relation Name": "posts", "Alias": "p", "Parent Relationship": "Outer"})
    follows = scan("Index Only Scan", 4.4, 6, **{"Relation Name": "follows", "Alias": "f"})
    hashed = {"Node Type": "Hash", "Total Cost": 4.4, "Plan Rows": 6, "Plans": [follows]}
    join = {"Node Type": "Hash Join", "Hash Cond": "(p.author_id = f.followee_id)", "Total Cost": 7500.0,
            "Plan Rows": 315, "Plans": [posts, hashed]}  # fmt: skip
    assert plan(join, posts=210_000, follows=24_000).hints == (
        "missing index? about 315 of 210k rows of posts are joined; one does:"
        " CREATE INDEX CONCURRENTLY ON posts (author_id)",
    )
    assert plan({**join, "Plan Rows": 200_000}, posts=210_000, follows=24_000).hints == ()
