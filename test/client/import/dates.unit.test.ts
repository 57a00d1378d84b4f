/** Times as files have them → UTC. Clock changes are those of the zone, in their year. */

import { expect, test } from "vitest";
import { type ClockChange, dateReader } from "../../../client/src/import/dates.ts";

function read(text: string, format: string, timezone: string | null = null, clockChange: ClockChange = "compatible") {
  return dateReader({ format, timezone, clockChange })(text);
}

test.each([
  ["iso", "2011-03-27T08:26:00.1239Z", "2011-03-27T08:26:00.123Z"],
  ["iso", "2011-03-27 08:26+05:30", "2011-03-27T02:56:00.000Z"],
  ["unix", "1301214360.5", "2011-03-27T08:26:00.500Z"],
  ["unix", "1093734949.008", "2004-08-28T23:15:49.008Z"],
  ["unix", "1093734949.0089", "2004-08-28T23:15:49.008Z"],
  ["unix", "-0.0005", "1969-12-31T23:59:59.999Z"],
  ["unix_ms", "1301214360123", "2011-03-27T08:26:00.123Z"],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2011-03-27T08:26:00.5-0100", "2011-03-27T09:26:00.500Z"],
])("%s reads %s", (format, text, time) => {
  expect(read(text, format)).toEqual({ time });
});

test.each([
  ["iso", "2011-01-01", "Europe/London", "2011-01-01T00:00:00.000Z"],
  ["iso", "2011-07-01T08:26:00", "Europe/London", "2011-07-01T07:26:00.000Z"],
  ["d.M.yyyy H:mm", "1.7.2011 8:26", "Asia/Kathmandu", "2011-07-01T02:41:00.000Z"],
  ["MMM d, yyyy hh:mm a", "Jul 1, 2011 12:05 AM", "America/New_York", "2011-07-01T04:05:00.000Z"],
  ["dd/MM/yyyy 'um' HH", "01/07/2011 um 12", "Pacific/Apia", "2011-07-01T23:00:00.000Z"],
  // Before railways every town had its own time; Intl knows it to the second.
  ["iso", "1800-01-01T00:00:00", "Europe/London", "1800-01-01T00:01:15.000Z"],
])("%s reads %s in %s", (format, text, zone, time) => {
  expect(read(text, format, zone)).toEqual({ time });
});

test.each([
  // 30 October 2011, clocks back at 02:00 BST: 01:30 came twice.
  ["2011-10-30T01:30:00.250", "compatible", "2011-10-30T00:30:00.250Z"],
  ["2011-10-30T01:30:00", "earlier", "2011-10-30T00:30:00.000Z"],
  ["2011-10-30T01:30:00", "later", "2011-10-30T01:30:00.000Z"],
  // 27 March 2011, clocks forward at 01:00 GMT: 01:30 never came.
  ["2011-03-27T01:30:00", "compatible", "2011-03-27T01:30:00.000Z"],
  ["2011-03-27T01:30:00", "earlier", "2011-03-27T00:30:00.000Z"],
  ["2011-03-27T01:30:00", "later", "2011-03-27T01:30:00.000Z"],
] as const)("%s in London with %s is %s", (text, clockChange, time) => {
  expect(read(text, "iso", "Europe/London", clockChange)).toEqual({ time });
});

test.each([
  ["2011-10-30T01:30:00", "Europe/London", "occurred twice"],
  ["2011-03-27T01:30:00", "Europe/London", "never occurred"],
  ["2011-12-30T12:00:00", "Pacific/Apia", "never occurred"],
])("%s in %s can be rejected: %s", (text, zone, how) => {
  expect(read(text, "iso", zone, "reject")).toEqual({ problem: expect.stringContaining(how) as string });
});

test.each([
  ["iso", "2011-03-27T08:26:00", "has no offset from UTC"],
  ["iso", "2011-02-29", "is not a time"],
  ["iso", "2011-01-01T24:00:00Z", "is not a time"],
  ["iso", "27.3.2011", 'Name another form in the mapping, for example "format"'],
  ["iso", "2011-03-27T08:26:00", 'Name its zone in the mapping, for example "timezone": "Europe/London"'],
  ["iso", "2011-01-01T00:00:00+24:00", "is not a time"],
  ["dd.MM.yyyy", "2011-03-27", "in the form dd.MM.yyyy"],
  ["MMM d yyyy hh a", "Foo 1 2011 11 AM", "is not a time"],
  ["MMM d yyyy hh a", "Jan 1 2011 13 AM", "is not a time"],
  ["unix", "yesterday", "is not a Unix time"],
  ["unix", "999999999999999", "not in the years 0 to 9999"],
])("%s rejects %s: %s", (format, text, problem) => {
  expect(read(text, format)).toEqual({ problem: expect.stringContaining(problem) as string });
});
