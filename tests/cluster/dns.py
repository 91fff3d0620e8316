"""One DNS question, asked by hand: whether the cluster's server knows a name."""

from __future__ import annotations

import socket


def resolves(server: str, name: str) -> bool:
    """Whether `server` has an A record for `name`."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(1)
        try:
            udp.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0" + question, (server, 53))
            reply = udp.recv(512)
        except OSError:
            return False
    return reply[3] & 0x0F == 0 and reply[7] > 0  # no error, and at least one answer
