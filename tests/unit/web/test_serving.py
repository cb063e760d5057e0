"""What the access log says."""

from __future__ import annotations

import logging

from uvicorn.logging import AccessFormatter

from campaigns.web.serving import MaskTokens


def test_a_token_is_masked_in_the_form_that_uvicorn_writes() -> None:  # attacks 66 and 84
    arguments = ("127.0.0.1:5", "POST", "/u/AbC-dEf?lang=fi\x1b[2J", "1.1", 200)
    line = '%s - "%s %s HTTP/%s" %d'
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 1, line, arguments, None)
    assert MaskTokens().filter(record)
    text = AccessFormatter("%(client_addr)s %(request_line)s %(status_code)s", use_colors=False).format(
        record
    )
    assert text == "127.0.0.1:5 POST /u/***?lang=fi?[2J HTTP/1.1 200 OK"
