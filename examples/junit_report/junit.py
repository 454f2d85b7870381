"""A small writer of JUnit XML, which test viewers read."""

import contextlib
import pathlib
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator


class Report:
    """One suite. `with report.case(name)` records how long its block took, and the AssertionError that ended it."""

    def __init__(self, name: str):
        self.suite = ET.Element("testsuite", name=name)
        self.failures = 0

    @contextlib.contextmanager
    def case(self, name: str) -> Iterator[None]:
        element = ET.SubElement(self.suite, "testcase", classname=self.suite.get("name", ""), name=name)
        began = time.monotonic()
        try:
            yield
        except AssertionError as problem:
            self.failures += 1
            ET.SubElement(element, "failure", message=str(problem)).text = str(problem)
        element.set("time", f"{time.monotonic() - began:.3f}")

    def write(self, path: pathlib.Path) -> None:
        self.suite.set("tests", str(len(self.suite)))
        self.suite.set("failures", str(self.failures))
        ET.ElementTree(self.suite).write(path, encoding="utf-8", xml_declaration=True)
