"""A subset of PromQL over series in memory, with the semantics of Prometheus 2.42."""
