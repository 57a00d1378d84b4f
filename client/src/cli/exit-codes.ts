/** The exit codes of `spillway`: what a script can tell of a command's end without reading its output. */

export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  exportEnded: 5,
  damaged: 6,
  tryAgain: 7,
  conflict: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** What each code means, in the order of the codes: `--help` and docs/command-line.md show it. */
export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT_CODES.ok, "done"],
  [EXIT_CODES.failed, "failed: the service has a fault, or a file cannot be written or read; rows were rejected"],
  [EXIT_CODES.usage, "the command, its options or its request are not valid"],
  [EXIT_CODES.notFound, "no such thing in this space, or its time is over"],
  [EXIT_CODES.notAllowed, "no key, a key that the service does not accept, or one that lacks the scope"],
  [EXIT_CODES.exportEnded, "the export failed, was canceled or has expired"],
  [EXIT_CODES.damaged, "a file is missing, or is not what the manifest says"],
  [EXIT_CODES.tryAgain, "try again later: a rate limit, a service that is away, or --timeout has passed"],
  [EXIT_CODES.conflict, "a conflict with what is there: the name is taken, or the state does not permit the change"],
  [EXIT_CODES.interrupted, "interrupted, by Ctrl-C or SIGTERM"],
];
