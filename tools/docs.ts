/** What the documents show has to be what is run. */

/** The commands of a document's `sh` and `console` blocks, without comments and prompts. */
export function shownCommands(document: string): string[] {
  const blocks = [...document.matchAll(/^```(?:sh|console|bash|shell)\n(.*?)^```$/gms)];
  return blocks.flatMap(([, block = "", ...rest]) => {
    const lines = `${block}${rest.join("")}`.split("\n");
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
