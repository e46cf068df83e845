"""A real Prometheus 3, built from its Go module: native histograms, names of any characters, OpenTelemetry's protocol.

python -m tests.prometheus3.build        # some minutes the first time, seconds afterwards
"""
