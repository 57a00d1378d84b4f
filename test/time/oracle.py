"""
Where days begin, told by Python's zoneinfo over the machine's own zone data, for every zone and every day from 1970-01-01 to
2038-01-01. Nothing is asked for a local time: the offset from UTC is sampled at instants, a change between two samples is found by
halving, and a day begins at the first instant at which instant + offset has reached it.

Writes {"tzdata": version, "python": version, "tables": [[[day, behind], ...], ...], "zones": {name: index of its table}}. Days are
counted from 1970-01-01; from `day` on, each begins `behind` seconds before its midnight in UTC.
"""

import datetime
import json
import multiprocessing
import pathlib
import platform
import sys
import zoneinfo

DAY = 86_400
LAST = (datetime.date(2038, 1, 1) - datetime.date(1970, 1, 1)).days
# A change that was taken back before the next sample would be missed here, and told by the comparison as a difference.
SAMPLE = 4 * DAY
BEGINS, ENDS = -SAMPLE, LAST * DAY + SAMPLE


def spans(zone):
    """The whole time, cut where the offset changes: (from, to, offset), in seconds."""
    at = datetime.datetime.fromtimestamp
    start, current = BEGINS, at(BEGINS, zone).utcoffset()
    for sample in range(BEGINS, ENDS, SAMPLE):
        low, end = sample, sample + SAMPLE
        while at(end, zone).utcoffset() != current:
            high = end
            while high - low > 1:
                middle = (low + high) // 2
                if at(middle, zone).utcoffset() == current:
                    low = middle
                else:
                    high = middle
            yield start, high, int(current.total_seconds())
            start, low, current = high, high, at(high, zone).utcoffset()
    yield start, ENDS, int(current.total_seconds())


def table(name):
    """The runs of days that begin equally long before their midnight in UTC."""
    runs = []
    day = -1
    for start, end, offset in spans(zoneinfo.ZoneInfo(name)):
        while day <= LAST and day * DAY - offset < end:
            behind = day * DAY - max(start, day * DAY - offset)
            if day == 0 or (day > 0 and runs[-1][1] != behind):
                runs.append([day, behind])
            day += 1
    return runs


def data(name):
    """A zone's file, which its links share."""
    return next(path for root in zoneinfo.TZPATH if (path := pathlib.Path(root, name)).is_file()).read_bytes()


def version():
    """The first line of tzdata.zi: `# version 2025b`."""
    files = [path for root in zoneinfo.TZPATH if (path := pathlib.Path(root, "tzdata.zi")).is_file()]
    return files[0].open().readline().split()[-1] if files else "unknown"


def main():
    names = {}
    for name in sorted(zoneinfo.available_timezones()):
        names.setdefault(data(name), []).append(name)
    with multiprocessing.Pool() as pool:
        found = pool.map(table, [same[0] for same in names.values()])
    tables, zones = [], {}
    for runs, same in zip(found, names.values()):
        if runs not in tables:
            tables.append(runs)
        zones.update((name, tables.index(runs)) for name in same)
    json.dump({"tzdata": version(), "python": platform.python_version(), "tables": tables, "zones": zones}, sys.stdout)


if __name__ == "__main__":
    main()
