/** What the documents show has to be what is run. */

/** A block of code, with the comment before it: `<!-- path -->`, or `<!-- path > name -->`. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The file of the repository that has the text. */
  readonly source?: string;
  /** The file that the reader writes: anew with `>`, and with `>>` behind what is there and an empty line. */
  readonly target?: { readonly name: string; readonly appends: boolean };
}

/** One command of a document's `console` blocks, and the output that is shown below it. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

/** All blocks of code, in order; comments without a path are no concern of this. */
export function readBlocks(document: string): Block[] {
  const found = document.matchAll(/^(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)^```$/gms);
  return [...found].map(([, comment = "", language = "", text = ""]) => {
    const [, source, redirection, name] = /^([\w./-]+)(?: (>>?) ([\w./-]+))?$/.exec(comment) ?? [];
    return {
      ...{ language, text },
      ...(source === undefined ? {} : { source }),
      ...(name === undefined ? {} : { target: { name, appends: redirection === ">>" } }),
    };
  });
}

/** The commands of a block in which each has a `$` in front. */
export function readSession({ text }: Block): Shown[] {
  return text.split(/^\$ /m).flatMap((part) => {
    const end = part.indexOf("\n");
    return part === "" ? [] : [{ command: part.slice(0, end), output: part.slice(end + 1) }];
  });
}

/** The commands of a document's `sh` and `console` blocks, without comments and prompts. */
export function shownCommands(document: string): string[] {
  const shells = readBlocks(document).filter(({ language }) => {
    return ["sh", "console", "bash", "shell"].includes(language);
  });
  return shells.flatMap(({ text }) => {
    const lines = text.split("\n");
    const prompted = lines.some((line) => line.startsWith("$ "));
    return lines
      .filter((line) => !prompted || line.startsWith("$ "))
      .flatMap((line) =>
        line
          .replace(/^\$ /, "")
          .replace(/(?:^|\s)#.*$/, "")
          .split("&&"),
      )
      .map((command) => command.trim())
      .filter((command) => command !== "");
  });
}

/**
 * Does what a reader of these blocks does, in an empty directory: writes the files, and types the
 * commands. Before and behind each command the script prints a line with the mark; `readWalk` finds
 * the outputs by them.
 */
export function walkScript(blocks: readonly Block[], mark: string): string {
  const pieces = blocks.flatMap(({ language, text, target, ...rest }) => {
    if (target !== undefined) {
      const { name, appends } = target;
      const start = appends ? `echo >>${name}\n` : `mkdir -p "$(dirname ${name})"\n:>${name}\n`;
      return [`${start}cat >>${name} <<'${mark}'\n${text}${mark}\n`];
    }
    if (language !== "console") return [];
    return readSession({ language, text, ...rest }).map(({ command }) => {
      return `echo ${mark}\n(exit $status)\n${command}\nstatus=$?\necho ${mark} $status\n`;
    });
  });
  return `exec 2>&1\nstatus=0\n${pieces.join("")}`;
}

/** What each command of the script printed, and its exit code. */
export function readWalk(output: string, mark: string): { output: string; exitCode: number }[] {
  const parts = output.split(`${mark}\n`).slice(1);
  return parts.map((part) => {
    const end = part.lastIndexOf(mark);
    return { output: part.slice(0, end), exitCode: Number(part.slice(end + mark.length)) };
  });
}

/** Whether an output is the one that is shown, where `…` stands for anything; alone, for any lines. */
export function isAsShown(shown: string, output: string): boolean {
  const lines = shown.split("\n").map((line) => {
    if (line.trim() === "…") return "(?:.*\\n)*?";
    return `${line.split("…").map(literally).join(".*?")}\\n`;
  });
  const ended = output === "" || output.endsWith("\n") ? output : `${output}\n`;
  return new RegExp(`^${lines.join("")}$`).test(`${ended}\n`);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&").replace(/ +/g, " +");
}
