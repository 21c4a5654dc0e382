/** The document with other outputs below its commands, in the order of the commands. */
export function withOutputs(document: string, outputs: readonly string[]): string {
  let next = 0;
  return document.replace(/^```console\n(.*?)^```$/gms, (_, text: string) => {
    const commands = [...text.matchAll(/^\$ .*$/gm)].map(([line]) => line);
    const lines = commands.map((line) => `${line}\n${outputs[next++] ?? ""}`);
    return `\`\`\`console\n${lines.join("")}\`\`\``;
  });
}
