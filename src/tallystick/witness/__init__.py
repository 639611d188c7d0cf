"""A witness that a client runs on its own machine: it cosigns a log's checkpoints and keeps a copy of what it cosigned.

It speaks C2SP tlog-witness over HTTP, imports nothing of the server, and needs only the installed package.

    request     what a log asks, and what the protocol answers (pure)
    desk        the witness itself: decides, keeps, cosigns, in that order
    mirror      a verified copy of a log, fetched before it is cosigned
    sources     where a mirror fetches from: HTTP or a folder
    evidence    two signed notes that cannot both be of one log
    server      the HTTP side, for a witness and for a public copy of a log
"""
