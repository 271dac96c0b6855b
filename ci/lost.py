"""Print the elements that a JSON report says were lost, or "nothing"."""

import json
import sys

LOSSES = {"leaked", "corrupted", "crashed", "hung"}

with open(sys.argv[1], encoding="utf-8") as lines:
    reports = [json.loads(line) for line in lines]
lost = {finding["element"] for report in reports for finding in report["results"] if finding["verdict"] in LOSSES}
print(" ".join(sorted(lost)) or "nothing")
