// Bundles main.ts, the command line and the services into dist/. Does nothing where nothing has changed since.
// Written only where the content changed, so that two builds at a time cannot disturb a running program.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

/** Programs by the path of their bundle below dist/, without extension. */
const programs = {
  main: 'main.ts',
  fleet: 'cli/main.ts',
  'services/gateway': 'services/gateway/main.ts',
  // The gateway's thread that counts tokens: loaded by it only when it is needed.
  'services/gateway-tokens': 'services/gateway/tokens/worker.ts',
  'services/pr-reviewer': 'services/pr-reviewer/main.ts',
  'services/router-agent': 'services/router-agent/main.ts',
  'services/vllm-simulator': 'services/vllm-simulator/main.ts',
};

/** Of each bundle the files that it was made of and that it is made of, with their state then. */
const record = join(root, 'dist/build.json');
/** Stands for everything below node_modules: npm writes it anew with each change there. */
const installed = 'node_modules/.package-lock.json';

/** @typedef {Record<string, string>} States each file's path below the project → its state */

/** @param {string} path */
function stateOf(path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.size} bytes, ${found.mtimeMs}`;
}

/** @param {States | undefined} files */
function isUpToDate(files) {
  return files !== undefined && Object.entries(files).every(([path, state]) => stateOf(path) === state);
}

/** @param {string} path @param {Uint8Array} contents */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/**
 * Makes one bundle. Undefined where a source was saved meanwhile: it may have been read as it was before.
 * @param {import('esbuild').BuildOptions} options
 * @returns {Promise<States | undefined>}
 */
async function bundle(options) {
  const { build: esbuild } = await import('esbuild');
  const started = Date.now();
  const built = await esbuild({
    absWorkingDir: root,
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
    legalComments: 'none',
    ...options,
    write: false,
    metafile: true,
  });
  for (const file of built.outputFiles) writeIfChanged(file.path, file.contents);
  const sources = Object.keys(built.metafile.inputs).filter((path) => !path.includes('node_modules/'));
  if (sources.some((path) => statSync(join(root, path)).mtimeMs >= started)) return undefined;
  const outputs = built.outputFiles.map(({ path }) => relative(root, path));
  return Object.fromEntries(
    [...sources, ...outputs, 'build.mjs', installed].map((path) => [path, stateOf(path)]),
  );
}

const program = /** @type {const} */ ({
  platform: 'node',
  target: 'node20.18',
  sourcemap: 'linked',
  // Bundled CommonJS dependencies call require(); ES modules have none of their own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

const { main, fleet, ...selfContained } = programs;

/** @type {Record<string, import('esbuild').BuildOptions>} */
const bundles = {
  // cdktf and its providers stay where npm put them: they are large, and only main.js needs them.
  main: {
    ...program,
    entryPoints: { main },
    packages: 'external',
    splitting: true,
    chunkNames: 'main/[name]-[hash]',
    banner: {},
  },
  // What most commands do not need, the clients of the clouds above all, lies beside it and is read when it is used.
  fleet: { ...program, entryPoints: { fleet }, splitting: true, chunkNames: 'fleet/[name]-[hash]' },
  // The page of `fleet dashboard`, for browsers.
  dashboard: {
    minify: true,
    target: 'es2022',
    loader: { '.html': 'copy' },
    entryPoints: {
      'dashboard/page': 'cli/dashboard/page/page.ts',
      'dashboard/index': 'cli/dashboard/page/page.html',
    },
  },
  ...Object.fromEntries(
    Object.entries(selfContained).map(([name, entry]) => [
      name,
      { ...program, entryPoints: { [name]: entry } },
    ]),
  ),
};

/** Builds every program that is not up to date, and returns the folder they are in. */
export async function build() {
  /** @type {Record<string, States | undefined>} */
  const before = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : {};
  const states = await Promise.all(
    Object.entries(bundles).map(async ([name, options]) => [
      name,
      isUpToDate(before[name]) ? before[name] : await bundle(options),
    ]),
  );
  writeIfChanged(record, Buffer.from(JSON.stringify(Object.fromEntries(states), null, 1)));
  return join(root, 'dist');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build();
