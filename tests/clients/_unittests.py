"""``python _unittests.py OUT MODULE...``: run unittests, and write what became of each as JSON.

It is run by the interpreter of the suites, on the C module and on pysock, and imports neither
pysock nor the modules of this folder.
"""

import json
import sys
import unittest
from typing import Any


class Outcomes(unittest.TextTestResult):
    """A result that keeps the outcome of each test by its name."""

    outcomes: dict[str, str] = {}

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self.outcomes.setdefault(test.id(), "pass")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self.outcomes[test.id()] = "skip"

    def addFailure(self, test: Any, error: Any) -> None:
        super().addFailure(test, error)
        self.outcomes[test.id()] = "fail"

    def addError(self, test: Any, error: Any) -> None:
        super().addError(test, error)
        self.outcomes[test.id()] = "error"

    def addSubTest(self, test: Any, subtest: Any, error: Any) -> None:
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.outcomes[test.id()] = "fail"


if __name__ == "__main__":
    out, *names = sys.argv[1:]
    found = unittest.defaultTestLoader.loadTestsFromNames(names)
    kind: Any = Outcomes
    unittest.TextTestRunner(resultclass=kind, verbosity=2).run(found)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(Outcomes.outcomes, file)
