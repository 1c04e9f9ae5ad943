"""A real RTSP server (GStreamer's) for tests; run by the system's Python, which has its bindings.

Reads one line of JSON from standard input, ``{"port": 0, "mounts": {"/a": "( ... name=pay0 )"}, "users":
[[user, password], ...], "digest": false, "tcp_only": false}``, prints the port, and serves until it is ended.
With users, every mount needs one of them.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def main() -> None:
    """Serve what standard input says."""
    config = json.loads(sys.stdin.readline())
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(config.get("port", 0)))
    users = config.get("users", [])
    if users:
        server.set_auth(make_auth(users, config.get("digest", False)))
    mounts = server.get_mount_points()
    for path, launch in config["mounts"].items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        factory.set_shared(True)
        if config.get("tcp_only"):
            factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
        if users:
            permissions = GstRtspServer.RTSPPermissions()
            for name in ("media.factory.access", "media.factory.construct"):
                permissions.add_permission_for_role("user", name, True)
            factory.set_permissions(permissions)
        mounts.add_factory(path, factory)
    if not server.attach(None):
        sys.exit("the port is taken")
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


def make_auth(users, digest):
    """An authentication that lets these users in."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.set_realm("cameras")
    for user, password in users:
        if digest:
            auth.add_digest(user, password, token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    return auth


if __name__ == "__main__":
    main()
