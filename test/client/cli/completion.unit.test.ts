/** Completion, in the shells themselves. */

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { spillway } from "./spillway.ts";

const hasZsh = spawnSync("zsh", ["--version"]).status === 0;

/** What bash completes at the end of these words. */
async function inBash(...words: string[]): Promise<string[]> {
  const { stdout } = await spillway(["completion", "bash"]);
  const script = `${stdout}
COMP_WORDS=(spillway ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_spillway
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = spawnSync("bash", ["--norc", "-euc", script], { encoding: "utf8" });
  expect(ran.stderr).toBe("");
  return ran.stdout.split("\n").filter((line) => line !== "");
}

describe("bash completes", () => {
  it("commands", async () => {
    expect(await inBash("ex")).toEqual(["exports"]);
    expect(await inBash("exports", "c")).toEqual(["create", "cancel"]);
    expect(await inBash("webhooks", "endpoints", "rot")).toEqual(["rotate-secret"]);
  });

  it("datasets", async () => {
    expect(await inBash("exports", "create", "act")).toEqual(["activity_events"]);
    expect(await inBash("estimate", "seg")).toEqual(["segment_profiles"]);
  });

  it("options of the command, behind arguments and other options too", async () => {
    expect(await inBash("exports", "create", "activity_events", "--last", "7d", "--ver")).toEqual([
      "--verify",
      "--verbose",
    ]);
    expect(await inBash("exports", "show", "e-1", "--o")).toEqual(["--origin"]);
  });

  it("values of options", async () => {
    expect(await inBash("exports", "create", "activity_events", "--format", "")).toEqual(["ndjson", "csv", "parquet"]);
    expect(await inBash("exports", "list", "--status", "comp")).toEqual(["completed"]);
    expect(await inBash("spaces", "change", "s-1", "--status", "")).toEqual(["active", "inactive"]);
    expect(await inBash("completion", "z")).toEqual(["zsh"]);
  });

  it("nothing where nothing fits", async () => {
    expect(await inBash("exports", "zzz")).toEqual([]);
  });
});

describe("zsh", () => {
  it.skipIf(!hasZsh)("takes the script, and completes (where zsh is installed)", async () => {
    const { stdout } = await spillway(["completion", "zsh"]);
    const script = `${stdout}
(( $+_comps[spillway] )) || exit 1
COMP_WORDS=(spillway exports create activity_events --format '')
COMP_CWORD=5
compgen -F _spillway -- ''`;
    const ran = spawnSync("zsh", ["-fc", script], { encoding: "utf8" });
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trim().split("\n")).toEqual(["ndjson", "csv", "parquet"]);
  });

  it("has the functions of bash behind what loads them", async () => {
    const bash = (await spillway(["completion", "bash"])).stdout.split("\n").slice(1).join("\n");
    const zsh = (await spillway(["completion", "zsh"])).stdout;
    expect(zsh).toMatch(/^# Completion of spillway for zsh.*\nautoload -Uz compinit bashcompinit\n/);
    expect(zsh.endsWith(bash)).toBe(true);
  });
});
