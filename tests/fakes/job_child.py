"""A child process that speaks as an engine does, without being one; to be paused, stopped and killed.

Usage: ``python job_child.py N_FRAMES [end=CODE] [stubborn] [step=SECONDS]``
"""

import json
import signal
import sys
import time


def say(**event):
    print(json.dumps(event), flush=True)


def main() -> int:
    n_frames = int(sys.argv[1])
    options = dict(part.partition("=")[::2] for part in sys.argv[2:])
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: None if "stubborn" in options else stopped.append(True))
    say(event="Notice", text="detector: test", part="", level="info")
    print("not an event", flush=True)
    for n in range(1, n_frames + 1):
        if stopped:
            print("Stopped. Everything is kept.", file=sys.stderr)
            return 130
        time.sleep(float(options.get("step", "0.02")))
        say(event="Progress", part="gate: gate.mp4", done=n, total=n_frames, unit="frames")
    state = "failed" if options.get("end") == "3" else "done"
    say(
        event="SourceFinished",
        camera="gate",
        path="/x/gate.mp4",
        state=state,
        reason="",
        n_frames=n,
        n_tracklets=0,
    )
    if "end" in options:
        print("The disk is full.", file=sys.stderr)
    return int(options.get("end", "0"))


if __name__ == "__main__":
    sys.exit(main())
