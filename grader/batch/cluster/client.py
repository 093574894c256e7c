"""A class on a Dask cluster: `dask scheduler` and `dask worker` processes, started as Dask's documentation says.

Hand-ins and settings travel as bytes. The cluster repeats the work of a dead worker; results are stored by
the hand-in's key, so each hand-in has one. A machine that cannot isolate programs refuses, and its work goes to another.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from typing import Any

from grader import installed
from grader.batch.cluster.remote import Order, WorkerAnswer, in_own_process, packed
from grader.batch.digests import ORDERS, rules_of
from grader.batch.run import BatchReporter, KeyOf, Result, Seen
from grader.batch.store import Store
from grader.model.errors import GraderError, UsageError
from grader.run.grading import GradingRequest

_AHEAD = 4  # hand-ins in flight per thread of the cluster: no thread waits, and memory stays small


def grade_class(
    address: str,
    request: GradingRequest,
    work: Iterable[Seen],
    store: Store,
    *,
    key_of: KeyOf,
    isolation: str,
    reporter: BatchReporter,
) -> tuple[str, ...]:
    """Grade these on the cluster, and store each result; return notes.

    Raises GraderError if the scheduler cannot be reached, or every worker refuses.
    """
    with _client(address) as client:
        return _Course(client, request, store, key_of, isolation, reporter).run(iter(work))


def _client(address: str) -> Any:  # noqa: ANN401 - Dask's
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise GraderError("a cluster needs Dask: pip install 'chatgrade[cluster]'") from error
    try:
        return Client(address)  # type: ignore[no-untyped-call, unused-ignore]
    except (OSError, ValueError) as error:
        raise GraderError(f"{address}: there is no Dask scheduler ({error})") from error


class _Course:
    """The orders in flight, and the workers that refuse."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - distributed has no types
        request: GradingRequest,
        store: Store,
        key_of: KeyOf,
        isolation: str,
        reporter: BatchReporter,
    ) -> None:
        self._client, self._request, self._store = client, request, store
        self._key_of, self._isolation, self._listener = key_of, isolation, reporter
        self._rules = rules_of(installed.load(), request, isolation, ORDERS)
        self._orders: dict[str, bytes] = {}  # hand-in's key -> its pickled order, until answered
        self._refusals: dict[str, str] = {}  # worker -> why it refuses
        self._keys: dict[Any, str] = {}  # future -> the key of its hand-in
        self._crashed: set[str] = set()  # hand-ins that were sent a second time

    def run(self, work: Any) -> tuple[str, ...]:  # noqa: ANN401
        from dask.distributed import as_completed

        futures = as_completed([], with_results=False)  # type: ignore[no-untyped-call, unused-ignore]
        self._send_more(futures, work)
        for future in futures:
            self._take(future, futures)
            self._send_more(futures, work)
        return tuple(f"the worker {worker} refused: {why}" for worker, why in self._refusals.items())

    def _send_more(self, futures: Any, work: Any) -> None:  # noqa: ANN401
        threads = sum(item["nthreads"] for item in self._client.scheduler_info(n_workers=-1)["workers"].values())
        while len(self._orders) < _AHEAD * max(threads, 1):
            item = next(work, None)
            if item is None:
                return
            entry = item.hand_in.entry
            try:
                with item.hand_in.opened() as intake:
                    verdict_key = self._key_of(intake.place)
                    content = packed(intake.place)
                    changed = verdict_key != self._key_of(intake.place)
            except (UsageError, GraderError) as error:
                self._keep(Result(entry.key, "", None, str(error)))
                continue
            order = Order(entry, content, "" if changed else verdict_key, self._request, self._isolation, self._rules)
            self._orders[entry.key] = pickle.dumps(order)
            self._listener.opens(entry.key)
            futures.add(self._send(entry.key))

    def _send(self, key: str) -> Any:  # noqa: ANN401
        options: dict[str, Any] = {}
        if self._refusals:  # workers may join, or return under another address
            options = {"workers": self._willing(), "allow_other_workers": True}
        future = self._client.submit(_graded_on, self._orders[key], pure=False, **options)
        self._keys[future] = key
        return future

    def _willing(self) -> list[str]:
        workers = [
            worker for worker in self._client.scheduler_info(n_workers=-1)["workers"] if worker not in self._refusals
        ]
        if not workers:
            raise GraderError(f"no worker of the cluster can grade: {next(iter(self._refusals.values()))}")
        return workers

    def _take(self, future: Any, futures: Any) -> None:  # noqa: ANN401
        key = self._keys.pop(future)
        try:
            worker, data = future.result()
        except Exception as error:  # noqa: BLE001 - its workers died, or lack chatgrade: an error of this hand-in
            if self._orders.pop(key, None) is not None:
                self._keep(Result(key, "", None, f"the cluster failed: {type(error).__name__}: {error}"))
            return
        answer: WorkerAnswer = pickle.loads(data)  # noqa: S301 - from our own cluster
        if answer.crashed and key not in self._crashed:
            self._crashed.add(key)
            futures.add(self._send(key))
            return
        if answer.refusal:
            self._refusals[worker] = answer.refusal
            futures.add(self._send(answer.key))
            return
        if self._orders.pop(answer.key, None) is None:
            return
        self._keep(Result(answer.key, answer.verdict_key, answer.report, answer.error, answer.exhibits))

    def _keep(self, result: Result) -> None:
        self._store.save(result.key, result.verdict_key, result.report, result.error, result.exhibits)
        self._listener.ends(result)


def _graded_on(data: bytes) -> tuple[str, bytes]:
    """Run on a worker: return its address, and the pickled answer."""
    from dask.distributed import get_worker

    return str(get_worker().address), in_own_process(data)
