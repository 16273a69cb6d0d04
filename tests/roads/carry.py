"""In ssh's place: joins stdin and stdout to the socket that its argument names.

Imports little: a campaign starts it hundreds of times.
"""

import os
import select
import socket
import sys


def main() -> int:
    """Until either side's end; ssh's own exit code if there was none."""
    road = socket.socket(socket.AF_UNIX)
    try:
        road.connect(sys.argv[1])
    except OSError:
        sys.stderr.write("ssh: connect to host: Connection refused\n")
        return 255
    while True:
        for ready in select.select([0, road.fileno()], [], [])[0]:
            if ready == 0:
                data = os.read(0, 65_536)
                if not data:
                    return 0
                road.sendall(data)
            else:
                data = road.recv(65_536)
                if not data:
                    sys.stderr.write("Connection closed by remote host\n")
                    return 255
                os.write(1, data)


if __name__ == "__main__":
    try:
        code = main()
    except OSError:
        code = 255
    sys.exit(code)
