import os
import signal
import socket
import threading
import urllib.request

import pytest

from pipeline.errors import PipelineError
from pipeline.serving.http.server import app_of, listen, run
from tests.support.http import LIMITS, KnownPredictor


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_server_runs_until_a_signal_and_hands_back_the_handlers(ending: signal.Signals) -> None:
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    answers: list[bytes] = []
    with listen("127.0.0.1", 0) as listener, app_of(KnownPredictor(), LIMITS, largest_batch=4) as app:

        def ask_and_stop() -> None:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/health"
            answers.append(
                urllib.request.urlopen(address).read()
            )  # the socket listens before the server runs
            os.kill(os.getpid(), ending)

        client = threading.Thread(target=ask_and_stop)
        client.start()
        run(app, listener)
        client.join()
    assert answers == [b'{"status":"ready"}']
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PipelineError, match=rf"^127.0.0.1:{port}: .* in use; name others with"):
            listen("127.0.0.1", port)
    for host, port in (("no.such.host.invalid", 1), ("127.0.0.1", 70_000)):
        with pytest.raises(PipelineError, match=rf"^{host}:{port}: .* --host and --port$"):
            listen(host, port)
