"""Channels are bounded and stop; a crew's error reaches the consumer; nothing is left running."""

from __future__ import annotations

import threading
import time

import pytest

from reid_core.pipeline.stage import Channel, Crew, Stopped


def test_items_come_out_in_order():
    channel: Channel[int] = Channel(3)
    for n in range(3):
        channel.put(n)
    assert [channel.get(0) for _ in range(3)] == [0, 1, 2]
    assert channel.get(0.01) is None


def test_a_full_channel_holds_the_producer_back():
    with Crew() as crew:
        channel: Channel[int] = crew.channel(2)
        produced: list[int] = []

        def produce() -> None:
            for n in range(10):
                channel.put(n)
                produced.append(n)

        crew.start("producer", produce)
        time.sleep(0.05)
        assert len(produced) == 2
        assert [channel.get(1.0) for _ in range(10)] == list(range(10))


def test_leaving_a_crew_stops_and_joins_a_blocked_thread():
    before = threading.active_count()
    with Crew() as crew:
        channel: Channel[int] = crew.channel(1)
        crew.start("stuck", lambda: [channel.put(n) for n in range(5)] and None)
        time.sleep(0.02)
    assert threading.active_count() == before


def test_an_error_in_a_thread_reaches_the_consumer():
    with Crew() as crew:
        channel: Channel[int] = crew.channel(1)

        def fail() -> None:
            raise ValueError("broken part")

        crew.start("failing", fail)
        with pytest.raises(Stopped):
            channel.get(5.0)
        with pytest.raises(ValueError, match="broken part"):
            crew.raise_error()
