"""Holds the lock on the parts folder while its standard input is open.

Takes the path of the lock file. Once the lock is held it prints one line of JSON about this Python. The
kernel releases the lock however this process, or the one that started it, ends: a lock file never goes stale.
"""

import fcntl
import importlib.util
import json
import os
import platform
import sys

with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    about = {
        # The real path: a shim or a link may point to another version tomorrow.
        "executable": os.path.realpath(sys.executable),
        "version": platform.python_version(),
        "pip": importlib.util.find_spec("pip") is not None,
    }
    print(json.dumps(about), flush=True)
    sys.stdin.read()
