"""What a request to ``samplew serve`` takes: a real server, a real client, on one machine.

    python -m bench.serving --out bench/results/serving.json

The model is of a simulated shop, trained with the defaults but without the gate. Each reading runs for a few
seconds: clients in threads ask one request after another on a connection that each keeps. The times are the
client's, from its first byte to the parsed answer, so they hold what Python's ``http.client`` takes; server
and clients share the processors. ``in_process`` is the same question asked of the pipeline without HTTP: of a
model that is made ready once, and of one that is made ready each time.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.command import new_parser, out_option, parse_words, settings_of, write_result
from bench.machine import describe
from samplew_gbm import Model, load_model, recommend
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.writing import write_table
from samplew_gbm.pipeline import make_ready
from tests.serving.servers import Client, Server, serving

Ask = Callable[[Client, int], int]  # by a client, the n-th time: how many things were asked for
K = 10
N_SCORED = 100  # items of a request to score
N_UNREADY = 20  # calls that make the model ready each time


def trained(folder: Path, n_users: int, n_items: int, n_rows: int) -> Path:
    log, model = folder / "log.parquet", folder / "model.swg"
    write_table(simulate_shop(n_users, n_items, n_rows, random_state=1).log, log)
    words = [sys.executable, "-m", "samplew_gbm", "train", str(log), "--model", str(model), "--no-gate"]
    subprocess.run(words, check=True)
    return model


def asked_for(seconds: float, n_clients: int, server: Server, ask: Ask) -> dict[str, float]:
    """Things asked for a second by all clients, and milliseconds of a request."""
    took: list[list[float]] = [[] for _ in range(n_clients)]
    done = [0] * n_clients
    begin = time.perf_counter()

    def run(place: int) -> None:
        client = server.client()
        for number in count():
            before = time.perf_counter()
            if before > begin + seconds:
                return
            done[place] += ask(client, number * n_clients + place)
            took[place].append(time.perf_counter() - before)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(n_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - begin
    return {"a_second": sum(done) / whole, **quantiles(np.concatenate(took))}


def quantiles(seconds: NDArray[np.float64]) -> dict[str, float]:
    return {f"p{part}_ms": float(1e3 * np.quantile(seconds, part / 100)) for part in (50, 99)}


def in_process(model: Model, seconds: float) -> dict[str, dict[str, float]]:
    """Milliseconds of one user's recommendations in one thread, by a ready model and by one that is not."""
    ready = make_ready(model)
    users = cycle(model.users.ids.to_pylist())
    took: dict[str, list[float]] = {"ready": [], "not ready": []}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(took["not ready"]) < N_UNREADY:
        name = "ready" if time.perf_counter() < end else "not ready"
        asked = pa.array([next(users)])
        before = time.perf_counter()
        recommend(ready if name == "ready" else model, users=asked, k=K, n_threads=1)
        took[name].append(time.perf_counter() - before)
    return {name: quantiles(np.array(times)) for name, times in took.items()}


def questions(model: Model) -> dict[str, tuple[int, Ask]]:
    """What is asked, by how many clients."""
    users, items = model.users.ids.to_pylist(), model.items.ids.to_pylist()

    def recommend_to(n_users: int) -> Ask:
        def ask(client: Client, number: int) -> int:
            first = number * n_users % len(users)
            return len(client.recommend(*users[first : first + n_users], k=K))

        return ask

    def score(client: Client, number: int) -> int:
        first = number * N_SCORED % (len(items) - N_SCORED)
        body = {"user_id": users[number % len(users)], "items": items[first : first + N_SCORED]}
        return len(client.post("/v1/score", body).body["scores"])

    def feedback(n_events: int) -> Ask:
        def ask(client: Client, number: int) -> int:
            rows = [
                (f"{n_events} {number} {place}", users[number % len(users)], items[place])
                for place in range(n_events)
            ]
            return int(client.feedback(*rows).body["accepted"])

        return ask

    def live(client: Client, number: int) -> int:
        return int(client.get("/health/live").status == 200)

    return {
        "nothing (/health/live), 1 client": (1, live),
        "recommend to 1 user, 1 client": (1, recommend_to(1)),
        "recommend to 1 user, 4 clients": (4, recommend_to(1)),
        "recommend to 100 users, 1 client": (1, recommend_to(100)),
        f"score {N_SCORED} items of a user, 1 client": (1, score),
        "feedback of 1 event, 1 client": (1, feedback(1)),
        "feedback of 1 event, 16 clients": (16, feedback(1)),
        "feedback of 100 events, 4 clients": (4, feedback(100)),
        "recommend to 1 user with feedback, 1 client": (1, recommend_to(1)),
    }


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each reading")
    parser.add_argument("--threads", type=int, default=1, help="of the server")
    parser.add_argument("--model", type=Path, help="serve this one, and train none")
    out_option(parser, required=False)
    arguments, line = parse_words(parser, "bench.serving", None)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = arguments.model or trained(folder, arguments.users, arguments.items, arguments.rows)
        model = load_model(path)
        results["in_process"] = in_process(model, arguments.seconds)
        words = ("--threads", arguments.threads, "--feedback", folder / "feedback.sqlite")
        with serving(path, folder, *words) as server:
            for name, (n_clients, ask) in questions(model).items():
                results[name] = asked_for(arguments.seconds, n_clients, server, ask)
                print(name, {key: round(value, 2) for key, value in results[name].items()}, flush=True)
    print("in process", results["in_process"])
    if arguments.out:
        sizes = {
            "users": len(model.users),
            "items": len(model.items),
            "interactions": model.n_interactions,
            "trees": model.ranker.n_trees,
        }
        settings = {**settings_of(arguments), "model": sizes}
        write_result(
            arguments.out, {"command": line, "machine": describe(), "settings": settings, "results": results}
        )


if __name__ == "__main__":
    main()
