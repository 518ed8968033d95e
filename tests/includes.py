# SPDX-License-Identifier: Apache-2.0
"""The outside world enters through listed doors only: which files may include which headers."""
import pathlib
import re
import sys

DOORS = {
    "curl/": ["daemon/shell/transport.c", "daemon/shell/transport.h", "daemon/ctl/request.c"],
    "uv.h": ["daemon/shell/", "daemon/drd.c", "tests/sandbox/server", "tests/process/", "tests/sandbox/drd-sandbox.c"],
    "sqlite3.h": ["daemon/shell/store.c", "tests/"],
    "microhttpd.h": ["daemon/shell/control.c", "tests/sandbox/server.c"],
    "ares.h": ["daemon/shell/resolver.c"],
    "systemd/": ["daemon/shell/", "daemon/drd.c"],
    "openssl/": ["aws/sigv4.c", "aws/codec", "aws/", "reconcilers/", "config/", "daemon/brain/",
                 "daemon/shell/", "tests/"],
    "expat.h": ["aws/xml.c"],
    "zip.h": ["daemon/shell/", "tests/"],
    "libsmartcols/": ["daemon/ctl/render.c"],
}
PURE = ["aws/", "config/", "reconcilers/", "daemon/base/", "daemon/brain/"]
IMPURE = re.compile(r"^(unistd|fcntl|sys/(?!queue).*|pthread|time|signal|dirent|poll|netdb|netinet/.*|"
                    r"arpa/.*|locale|threads|sys/socket)\.h$")


def main():
    problems, count = [], 0
    for path in sorted(pathlib.Path(".").glob("*/**/*.[ch]")):
        name = path.as_posix()
        if name.startswith(("build", ".")):
            continue
        count += 1
        text = path.read_text()
        if not text.startswith("/* SPDX-License-Identifier: Apache-2.0 */"):
            problems.append(f"{name}: the first line is not the SPDX licence line")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not match:
                continue
            header = match[1]
            for door, files in DOORS.items():
                if header.startswith(door) and not any(name.startswith(f) for f in files):
                    problems.append(f"{name}:{number}: includes {header}; only {', '.join(files)} may")
            if IMPURE.match(header) and any(name.startswith(p) for p in PURE):
                problems.append(f"{name}:{number}: the pure part includes {header}")
    for problem in problems:
        print(problem)
    print(f"{count} files, {len(problems)} problems")
    return 1 if problems or count < 30 else 0


sys.exit(main())
