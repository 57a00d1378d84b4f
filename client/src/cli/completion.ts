/** `completion bash|zsh`: scripts for the shell, made of the program's own commands, options and values. */

import { Argument, type Command } from "commander";
import type { Cli } from "./cli.ts";
import { DATASET_NAMES } from "./export-flags.ts";

/** Words behind `spillway`, such as `exports list` or `exports list --status`, with what may follow them. */
type Following = ReadonlyMap<string, readonly string[]>;

const GLOBAL_OPTIONS = ["--json", "--quiet", "--verbose", "--origin", "--login", "--help"];
const FILE_OPTIONS = ["--out", "--request", "--file", "--folder", "--map", "--errors", "--state"];

export function addCompletion(program: Command, cli: Cli): void {
  program
    .command("completion")
    .description(
      "complete commands in the shell: source <(spillway completion bash), or add it to ~/.bashrc or ~/.zshrc",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh"]))
    .action((shell: string) => {
      const following = new Map(followingOf(program));
      cli.out.text(shell === "bash" ? bash(following) : zsh(following));
    });
}

function followingOf(command: Command, path = ""): [string, readonly string[]][] {
  const at = (word: string) => (path === "" ? word : `${path} ${word}`);
  const options = command.options.filter(({ hidden }) => !hidden);
  const places = command.registeredArguments.flatMap((argument) =>
    argument.name() === "dataset" ? DATASET_NAMES : (argument.argChoices ?? []),
  );
  const words = [
    ...command.commands.map((each) => each.name()),
    ...places,
    ...options.map(({ long, flags }) => long ?? flags),
    ...GLOBAL_OPTIONS,
  ];
  return [
    [path, [...new Set(words)]],
    ...options.flatMap(({ long, argChoices }): [string, readonly string[]][] =>
      argChoices === undefined ? [] : [[at(long ?? ""), argChoices]],
    ),
    ...command.commands.flatMap((each) => followingOf(each, at(each.name()))),
  ];
}

/** Words that are commands lead to a place; a word that is none, such as an id, stays there. */
function bash(following: Following): string {
  return `# Completion of spillway for bash. Use: source <(spillway completion bash)
_spillway_following() {
  case "$1" in
${[...following].map(([path, words]) => `    '${path}') echo '${words.join(" ")}' ;;`).join("\n")}
  esac
}
_spillway() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} place='' next each words
  COMPREPLY=()
  for each in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    next="\${place:+$place }$each"
    case "$each" in -*) continue ;; esac
    [ -n "$(_spillway_following "$next")" ] && place=$next
  done
  case "$before" in
    ${FILE_OPTIONS.join(" | ")}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  words=$(_spillway_following "\${place:+$place }$before")
  case "$before" in
    -*) [ -n "$words" ] || words=$(_spillway_following "$place") ;;
    *) words=$(_spillway_following "$place") ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _spillway spillway
`;
}

/** zsh runs the functions of bash. */
function zsh(following: Following): string {
  return `# Completion of spillway for zsh. Use: source <(spillway completion zsh)
autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
${bash(following).split("\n").slice(1).join("\n")}`;
}
