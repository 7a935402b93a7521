#!/usr/bin/env python3
"""What the README and the pages in docs/ show is what the program prints.

usage: shown.py BERTH ROOT

Runs every command line that begins a block of code with "$ ", in a folder that holds examples/ and the files of
tests/docs/shown/, and compares. In a page a line "..." stands for any lines, and "..." at the end of a line for
whatever follows on it; how long scheduling took is not compared.
"""
import os, pathlib, re, shutil, subprocess, sys, tempfile

BLOCK = re.compile(r"^```\n(\$ .*?)^```$", re.M | re.S)
TOOK = re.compile(r"scheduled in [0-9.]+ (ns|µs|ms|s)\.")


def pattern_of(shown):
    lines = []
    for line in TOOK.sub("scheduled in no time.", shown.rstrip()).split("\n"):
        if line.strip() == "...":
            lines.append(r"(?:[^\n]*\n)*?")
        elif line.endswith("..."):
            lines.append(re.escape(line[:-3].rstrip()) + r"[^\n]*\n")
        else:
            lines.append(re.escape(line) + r"\n")
    return re.compile("".join(lines))


def check(page, folder, environment):
    passed = failed = 0
    for block in BLOCK.findall(page.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            printed = TOOK.sub("scheduled in no time.", done.stdout.decode().rstrip()) + "\n"
            if pattern_of(shown).fullmatch(printed):
                passed += 1
            else:
                failed += 1
                print("%s: %s\n  prints something else:\n%s" % (page, command, printed))
    return passed, failed


def main():
    berth, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    environment = dict(os.environ, PATH="%s:%s" % (berth.parent, os.environ["PATH"]), COLUMNS="120", NO_COLOR="1")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(root / "tests/docs/shown", folder, dirs_exist_ok=True)
        os.symlink(root / "examples", os.path.join(folder, "examples"))
        for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
            counts = check(page, folder, environment)
            passed, failed = passed + counts[0], failed + counts[1]
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


main()
