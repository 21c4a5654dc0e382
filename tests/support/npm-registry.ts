import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./exec.ts";

/** A package that is served beside the one of a project. */
export interface ServedPackage {
  readonly directory: string;
  /** The package as it is published, where it is packed already; else the directory is what was installed. */
  readonly tarball?: string;
}

/**
 * An npm registry on the loopback interface: the package as it would be published, and the packages that it
 * depends on, as they are installed here. `npm install hawser` works with it and no network.
 */
export class NpmRegistry implements Disposable {
  readonly url: string;
  readonly #server: ReturnType<typeof Bun.serve>;

  private constructor(server: ReturnType<typeof Bun.serve>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${server.port}/`;
  }

  /**
   * Packs what `root` publishes, and its dependencies, below `scratch`.
   * @param tarball the package, where it is packed already
   * @param others more packages
   */
  static async start(
    root: string,
    scratch: string,
    tarball?: string,
    others: readonly ServedPackage[] = [],
  ): Promise<NpmRegistry> {
    const packs = join(scratch, "packs");
    const manifest = manifestIn(root);
    const dependencies = Object.keys(manifest["dependencies"] as Record<string, string>);
    const served: ServedPackage[] = [
      { directory: root, tarball: tarball ?? (await pack(root, packs)) },
      ...dependencies.map((name) => ({ directory: join(root, "node_modules", name) })),
      ...others,
    ];
    const documents = new Map<string, Record<string, unknown>>();
    const tarballs = new Map<string, string>();
    const add = async ({ directory, tarball }: ServedPackage): Promise<void> => {
      const own = manifestIn(directory);
      const name = String(own["name"]);
      tarballs.set(`/${name}.tgz`, tarball ?? (await packInstalled(directory, join(packs, name))));
      documents.set(`/${name}`, own);
    };
    await Promise.all(served.map(add));
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch({ url }) {
        const { pathname: path, origin } = new URL(url);
        const pathname = decodeURIComponent(path); // a scope's slash comes as %2f
        const tarball = tarballs.get(pathname);
        if (tarball !== undefined) return new Response(Bun.file(tarball));
        const one = documents.get(pathname);
        if (one === undefined) return new Response("{}", { status: 404 });
        const version = String(one["version"]);
        const dist = { tarball: `${origin}${pathname}.tgz` };
        return Response.json({
          name: one["name"],
          "dist-tags": { latest: version },
          versions: { [version]: { ...one, dist } },
        });
      },
    });
    return new NpmRegistry(server);
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}

function manifestIn(dir: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as Record<string, unknown>;
}

/** The path of the package that npm makes of a directory. */
async function pack(dir: string, to: string): Promise<string> {
  mkdirSync(to, { recursive: true });
  await must(["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", to, dir]);
  return join(to, readdirSync(to).find((name) => name.endsWith(".tgz")) ?? "");
}

/** The same of an installed package, which has nothing but what was published. npm takes it uncompressed. */
async function packInstalled(dir: string, to: string): Promise<string> {
  mkdirSync(to, { recursive: true });
  const tarball = join(to, "package.tar");
  const own = ["--exclude", "./node_modules"]; // those of others are packages of their own
  await must(["tar", "-cf", tarball, ...own, "--transform", "s,^\\.,package,", "-C", dir, "."]);
  return tarball;
}
