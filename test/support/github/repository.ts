import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
  GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly path: string;
}

/** A real repository in a temporary folder. */
export class GitRepository {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-repository-'));

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
  }

  /** One commit on top of another; a file that is undefined goes. */
  commit(files: Readonly<Record<string, string | Uint8Array | undefined>>, parent?: string): string {
    if (parent !== undefined) this.git('checkout', '--quiet', '--detach', '--force', parent);
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.folder, path);
      if (content === undefined) {
        rmSync(file);
        continue;
      }
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'change');
    return this.git('rev-parse', 'HEAD');
  }

  /** Answers without its last newline. */
  git(...args: readonly string[]): string {
    return this.gitWith({}, ...args);
  }

  gitWith(
    { input, env }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv },
    ...args: readonly string[]
  ): string {
    return this.bytes({ input, env }, ...args)
      .toString()
      .replace(/\n$/, '');
  }

  bytes(
    { input, env }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv },
    ...args: readonly string[]
  ): Buffer {
    return execFileSync('git', ['-c', 'core.quotePath=true', ...args], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, ...IDENTITY, ...env },
      input,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  has(commit: string): boolean {
    try {
      this.git('cat-file', '-e', `${commit}^{commit}`);
      return true;
    } catch {
      return false;
    }
  }

  tree(commit: string, recursive: boolean): TreeEntry[] {
    const text = this.git('ls-tree', '-z', ...(recursive ? ['-r', '-t'] : []), commit);
    return text
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => {
        const [head = '', path = ''] = line.split('\t');
        const [mode = '', type = '', sha = ''] = head.split(' ');
        return { mode, type, sha, path };
      });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
