"""What footage may be, and how much of it may be looked at before it is believed.

Footage is untrusted: each file could have been made to attack the reader. Only containers and codecs that
cameras, recorders and editors really write are let through; playlists and scripts, which could name other
files, are not among them.
"""

from __future__ import annotations

CONTAINERS = (
    "mov",  # the whole family: MP4, MOV, M4V, 3GP
    "matroska",  # MKV and WebM
    "mpegts",
    "mpeg",  # program streams: MPG, VOB
    "avi",
    "flv",
    "asf",  # WMV
    "h264",  # bare streams, as some recorders export them
    "hevc",
    "mpegvideo",
    "mjpeg",
)
"""FFmpeg's names of the containers that are read."""

VIDEO_CODECS = (
    "h264", "hevc", "av1", "libdav1d", "vp8", "libvpx", "vp9", "libvpx-vp9", "mpeg1video", "mpeg2video",
    "mpeg4", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "vc1", "h263", "flv", "mjpeg", "prores", "dnxhd",
    "ffv1", "rawvideo",
)  # fmt: skip
"""FFmpeg's names of the video decoders that may run."""

AUDIO_CODECS = (
    "aac", "mp3float", "mp3", "mp2float", "mp2", "ac3", "eac3", "opus", "libopus", "vorbis", "flac", "alac",
    "wmav1", "wmav2", "amrnb", "g726", "adpcm_ms", "adpcm_ima_wav", "pcm_s16le", "pcm_s16be", "pcm_s24le",
    "pcm_u8", "pcm_alaw", "pcm_mulaw",
)  # fmt: skip
"""Audio is never decoded, but FFmpeg may start one of these decoders while it looks at a file."""

RAW_CONTAINERS = ("h264", "hevc", "mpegvideo", "mjpeg")
"""Bare streams: they hold no timestamps at all."""

BYTE_SEEK_CONTAINERS = ("mpegts", "mpeg", "flv", *RAW_CONTAINERS)
"""Containers without an index of their own: they are sought by the byte offsets of our packet index."""

UNMEASURED_CONTAINERS = ("mpegts", "mpeg", *RAW_CONTAINERS)
"""Containers that do not say how long a packet is: only its content tells whether the last one is whole."""

TIMED_CONTAINERS = ("matroska", "flv", "asf")
"""Containers whose header states a length that damage in the middle may cut short without an error."""

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
PICTURE_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")
"""Pillow's names of the picture formats that are read; the content decides, not the suffix."""

MAX_PIXELS = 2**26
"""Largest picture, in pixels (8192 x 8192; 8K video has half of it)."""

MAX_STREAMS = 64
"""Most streams (video, audio, subtitles, data) in one file."""

PROBE_BYTES = 16 * 2**20
"""How much of a file FFmpeg may look at to find its streams, in bytes."""

MAX_HEADER_BYTES = 2**29
"""How much may be read before the first packet, in bytes; the header of a day of MP4 has about 2**26."""

PROBE_S = 20.0
"""How long opening a file may take, in seconds of wall clock."""

MAX_SETTINGS_BYTES = 2**16
"""Largest ``seqinfo.ini`` that is read."""

MAX_FPS = 1000.0
"""Highest frame rate that is believed."""
