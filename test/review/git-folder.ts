import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A repository of its own, for what git itself says. */
export interface GitFolder {
  readonly folder: string;
  /** Makes a commit whose tree is exactly this. Returns its id. */
  commit(
    tree: Tree,
    options?: { readonly executable?: readonly string[]; readonly message?: string },
  ): string;
  diff(from: string, to: string): string;
  /** Sorted; of a rename, the new path. */
  changedPaths(from: string, to: string): string[];
  git(...args: readonly string[]): string;
  close(): void;
}

const IDENTITY = ['-c', 'user.name=A', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];

export function openGitFolder(): GitFolder {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-review-'));
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...IDENTITY, ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      maxBuffer: 64 << 20,
    });
  git('init', '--quiet', '--initial-branch', 'main');
  return {
    folder,
    git,
    commit: (tree, { executable = [], message = 'a change' } = {}) => {
      for (const name of readdirSync(folder))
        if (name !== '.git') rmSync(join(folder, name), { recursive: true });
      for (const [path, content] of Object.entries(tree)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
        if (executable.includes(path)) chmodSync(join(folder, path), 0o755);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD').trim();
    },
    diff: (from, to) => git('diff', '-M', `${from}...${to}`),
    changedPaths: (from, to) =>
      git('diff', '-M', '-z', '--name-only', from, to).split('\0').filter(Boolean).toSorted(),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Trees of one change. */
export interface Change {
  readonly before: Tree;
  readonly after: Tree;
}

export type Tree = Readonly<Record<string, string | Uint8Array>>;

/** What git says of many changes: its diff, and the paths that it calls changed, sorted. Two programs in all. */
export function gitDiffs(changes: readonly Change[]): { readonly diff: string; readonly paths: string[] }[] {
  const { git, folder, close } = openGitFolder();
  try {
    const stream = changes.flatMap(({ before, after }) => [
      commitOf(before, 'before'),
      commitOf(after, 'after'),
    ]);
    execFileSync('git', ['-C', folder, 'fast-import', '--quiet'], { input: Buffer.concat(stream) });
    const log = (...options: readonly string[]) =>
      git('log', '-M', '--reverse', '--format=%x01%s%x02', ...options, 'made')
        .split('\u0001')
        .filter((part) => part.startsWith('after\u0002'))
        .map((part) => part.slice('after\u0002'.length).replace(/^[\n\0]+/, ''));
    const paths = log('--name-only', '-z');
    return log('-p').map((diff, index) => ({
      diff: diff.replace(/\n\n$/, '\n'),
      paths: (paths[index] ?? '').split(/[\0]/).filter(Boolean).toSorted(),
    }));
  } finally {
    close();
  }
}

function commitOf(tree: Tree, message: string): Buffer {
  const files = Object.entries(tree).flatMap(([path, content]) => {
    const quoted = `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
    const bytes = Buffer.from(content);
    return [Buffer.from(`M 100644 inline ${quoted}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n')];
  });
  const head = `commit refs/heads/made\ncommitter A <a@example.com> 0 +0000\ndata ${message.length}\n${message}\ndeleteall\n`;
  return Buffer.concat([Buffer.from(head), ...files, Buffer.from('\n')]);
}
