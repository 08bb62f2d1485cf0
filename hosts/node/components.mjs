// Transpiles components to JavaScript modules with jco. Cached in a directory, by the hash of the component.

import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { transpileBytes } from '@bytecodealliance/jco-transpile';

/** Number of components cached in memory. */
const MOST = 16;

export class Components {
  #folder;
  #known = new Map();

  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * Returns the function that instantiates a component, `instantiate(imports)`, and the names of its imports. The
   * component is compiled with the proposals that are enabled now.
   */
  async load(file, hash, proposals) {
    const key = [hash, ...proposals].join(' ');
    let known = this.#known.get(key);
    if (!known) {
      known = await this.#read(await this.#transpiled(file, hash));
      if (this.#known.size >= MOST) {
        this.#known.delete(this.#known.keys().next().value);
      }
      this.#known.set(key, known);
    }
    return known;
  }

  async #read(folder) {
    const { instantiate } = await import(pathToFileURL(join(folder, 'component.mjs')));
    const imports = JSON.parse(await readFile(join(folder, 'imports.json'), 'utf8'));
    const modules = new Map();
    for (const name of await readdir(folder)) {
      if (name.endsWith('.wasm')) modules.set(name, await WebAssembly.compile(await readFile(join(folder, name))));
    }
    return { imports, instantiate: (given) => instantiate(async (name) => modules.get(name), given) };
  }

  async #transpiled(file, hash) {
    const folder = join(this.#folder, `${hash}-${await version()}`);
    try {
      await readFile(join(folder, 'imports.json'));
      return folder;
    } catch {
      // Not cached yet.
    }
    const { files, imports } = await transpileBytes(await readFile(file), {
      name: 'component',
      instantiation: 'async',
      wasiShim: false,
      minify: false,
      emitTypescriptDeclarations: false,
      base64Cutoff: 0,
    });
    await mkdir(this.#folder, { recursive: true });
    const made = await mkdtemp(join(this.#folder, 'new-'));
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(made, name === 'component.js' ? 'component.mjs' : name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    await writeFile(join(made, 'imports.json'), JSON.stringify(imports));
    try {
      await rename(made, folder);
    } catch {
      // Another process has cached it in the meantime.
      await rm(made, { recursive: true });
    }
    return folder;
  }
}

/** Returns the version of jco, which is part of the cache key. */
async function version() {
  const entry = createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile');
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version;
    } catch {
      // The directory of the package is further up.
    }
  }
  return 'unknown';
}
