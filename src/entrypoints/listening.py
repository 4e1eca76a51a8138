"""Whether an address can be listened on."""

import errno
import socket


class CannotListen(Exception):
    """The address cannot be listened on."""


def check_address(host: str, port: int) -> None:
    """Refuse an address that is taken; the server itself would share it without a word.

    Raises:
        CannotListen: If the address is in use, foreign or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = {
            errno.EADDRINUSE: "another program listens there",
            errno.EACCES: "that needs more rights; ports below 1024 often do",
            errno.EADDRNOTAVAIL: "this machine does not have that address",
        }.get(error.errno or 0, error.strerror or "the name is not known")
        message = f"cannot listen on {host} port {port}: {reason}"
        raise CannotListen(message) from error
