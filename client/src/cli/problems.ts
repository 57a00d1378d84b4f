/** Errors as sentences: what is wrong, which option has it, what to do, and the exit code. Pure. */

import { CommandError } from "./command-error.ts";
import { SpillwayError } from "../errors.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { printable } from "./text.ts";

/** An error as the command line shows it. */
export interface ShownError {
  exitCode: ExitCode;
  /** The first is the error itself. */
  lines: readonly string[];
  /** What `--json` prints on stderr. */
  json: Readonly<Record<string, unknown>>;
}

/**
 * The option or argument of a command that a field of its request comes from: by JSON pointer, without the body's `/`.
 */
export type FieldNames = Readonly<Record<string, string>>;

/** @param fields the options of the command that failed. */
export function shownError(thrown: unknown, fields: FieldNames): ShownError {
  if (thrown instanceof SpillwayError) return ofService(thrown, fields);
  if (thrown instanceof CommandError) return ofCommand(thrown.message, thrown.exitCode, thrown.hints);
  if (isFileError(thrown)) return ofCommand(fileSentence(thrown), EXIT_CODES.failed, []);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return ofCommand(message, EXIT_CODES.failed, ["This is a fault of the command line itself: please report it."]);
}

/** @returns the option of a wrong field: that of the longest pointer that leads there; null where no option does. */
export function optionOf(pointer: string, fields: FieldNames): string | null {
  const names = pointer
    .replace(/^#(query|path)\//, "")
    .replace(/^\//, "")
    .split("/");
  for (let length = names.length; length > 0; length -= 1) {
    const option = fields[names.slice(0, length).join("/")];
    if (option !== undefined) return option;
  }
  return null;
}

function ofCommand(message: string, exitCode: ExitCode, hints: readonly string[]): ShownError {
  return {
    exitCode,
    lines: [printable(message), ...hints.map((hint) => `  ${hint}`)],
    json: { code: "command_failed", detail: message, hints, exit_code: exitCode },
  };
}

function ofService(error: SpillwayError, fields: FieldNames): ShownError {
  const { code, status, detail, errors, requestId, retryAfterSeconds } = error;
  const exitCode = exitCodeOf(code, status);
  const hints = hintsFor(error);
  const faults = errors.map((fault) => {
    const option = optionOf(fault.pointer, fields);
    return `  ${option ?? fault.pointer}: ${printable(fault.detail)}`;
  });
  // With one fault the detail says the same.
  const [only] = errors;
  const lead = errors.length === 1 && only?.detail === detail ? "The request is not valid." : printable(detail);
  return {
    exitCode,
    lines: [
      lead,
      ...faults,
      ...hints.map((hint) => `  ${hint}`),
      ...(requestId === null ? [] : [`  request id ${printable(requestId)}`]),
    ],
    json: {
      code,
      status,
      detail,
      errors: errors.map((fault) => ({ ...fault, option: optionOf(fault.pointer, fields) })),
      hints,
      request_id: requestId,
      retry_after_seconds: retryAfterSeconds,
      exit_code: exitCode,
    },
  };
}

function exitCodeOf(code: SpillwayError["code"], status: number): ExitCode {
  if (code === "export_ended" || code === "export_failed") return EXIT_CODES.exportEnded;
  if (code === "file_damaged") return EXIT_CODES.damaged;
  if (code === "wait_timed_out" || code === "unreachable") return EXIT_CODES.tryAgain;
  if (status === 401 || status === 403) return EXIT_CODES.notAllowed;
  if (status === 404 || status === 410) return EXIT_CODES.notFound;
  if (status === 409) return EXIT_CODES.conflict;
  if (status === 429 || status === 503) return EXIT_CODES.tryAgain;
  return status >= 400 && status < 500 ? EXIT_CODES.usage : EXIT_CODES.failed;
}

function hintsFor(error: SpillwayError): string[] {
  const { code, retryAfterSeconds } = error;
  if (code === "unauthenticated")
    return ["Save a key that is valid: spillway login. `spillway whoami` shows which one is used."];
  if (code === "forbidden")
    return ["`spillway keys list` shows the scopes of each key; one with settings:write makes another."];
  if (code === "unreachable")
    return ["Is the address right? `npm run dev` starts a service here; --origin or SPILLWAY_ORIGIN name another."];
  if (code === "wait_timed_out") return [`Wait for it again: spillway exports wait ${error.export.id}`];
  if (code === "export_ended")
    return error.export.error?.retryable === true ? [`Try it again: spillway exports retry ${error.export.id}`] : [];
  if (code === "file_damaged") return ["Get it again. If it stays so, `spillway exports verify` tells more."];
  return retryAfterSeconds === null ? [] : [`Try again in ${retryAfterSeconds} s.`];
}

function isFileError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && "syscall" in thrown && "path" in thrown;
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "may not be read or written by you",
  EPERM: "may not be changed by you",
  EISDIR: "is a folder, and a file is needed",
  ENOTDIR: "is a file, and a folder is needed",
  EEXIST: "is there already",
  ENOSPC: "has no room left on its disk",
};

function fileSentence({ code = "", path = "", message }: NodeJS.ErrnoException): string {
  const what = FILE_ERRORS[code];
  return what === undefined ? message : `${path} ${what}.`;
}
