#!/usr/bin/env python3
"""Counts a test run: test_summary.py RESULTS. Each folder in RESULTS holds ctest.junit and the XML that GoogleTest wrote; cases of a
GoogleTest binary count one by one, any other ctest entry as one. A binary that failed without saying which case counts as one failure."""
import os
import sys
import xml.etree.ElementTree as ET

passed = failed = skipped = 0
failures = []
skips = []


def fail(name):
    global failed
    failed += 1
    failures.append(name)


def skip(name):
    global skipped
    skipped += 1
    skips.append(name)


def count_gtest(part, entry, path, ctest_failed):
    global passed
    before = failed
    for case in ET.parse(path).getroot().iter("testcase"):
        name = f"{part}: {entry}: {case.get('classname')}.{case.get('name')}"
        if case.get("result") == "suppressed":  # DISABLED_: a measurement, run by hand
            continue
        if case.find("failure") is not None:
            fail(name)
        elif case.get("status") == "notrun" or case.find("skipped") is not None:
            skip(name)
        else:
            passed += 1
    if ctest_failed and failed == before:
        fail(f"{part}: {entry} (crashed or timed out)")


def not_built(case):
    """What ctest could not start it calls skipped, as it calls a test that skipped itself."""
    skip = case.find("skipped")
    return skip is not None and case.get("status") == "notrun" and "SKIP" not in skip.get("message", "")


def count_part(part, folder):
    global passed
    junit = os.path.join(folder, "ctest.junit")
    cases = list(ET.parse(junit).getroot().iter("testcase")) if os.path.exists(junit) else []
    if not cases:
        return fail(f"{part}: no test ran")
    for case in cases:
        entry = case.get("name")
        bad = case.get("status") == "fail" or case.find("failure") is not None or not_built(case)
        xml = os.path.join(folder, entry + "_test.xml")
        if os.path.exists(xml):
            count_gtest(part, entry, xml, bad)
        elif bad:
            fail(f"{part}: {entry}")
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skip(f"{part}: {entry}")
        else:
            passed += 1


def steps(name):
    path = os.path.join(results, name)
    return open(path).read().splitlines() if os.path.exists(path) else []


results = sys.argv[1]
for part in sorted(os.listdir(results)):
    if os.path.isdir(os.path.join(results, part)):
        count_part(part, os.path.join(results, part))
passed += len(steps("passed-steps"))
for step in steps("failed-steps"):
    fail(step)
for name in skips:
    print("skipped:", name)
for name in failures:
    print("failed:", name)
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0 or passed == 0)
