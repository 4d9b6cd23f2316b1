"""The process beside a host: speaks JSON lines with the plugin (`host_plugins.bridge`) and gRPC with the server.

Its first line is `{"hello": {"protocol": 1, "version": "0.1.0"}}`. A request is `{"id": 3, "do": NAME, ...}`; what is
said to it is any number of `{"id": 3, "event": {...}}`, then `{"id": 3, "ok": {...}}` or
`{"id": 3, "fault": {"code", "what", "where", "hint"}}`. Each line is ASCII. `requests.py` lists the names.

The end of its input ends the process at once; jobs go on at the server.
"""
