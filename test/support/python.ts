import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python environment of its own with packages from PyPI. */
export class PythonPackages {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-python-'));

  /** Exact versions: `moto[server]==5.2.2`. */
  async install(...packages: readonly string[]): Promise<void> {
    await run('python3', ['-m', 'venv', this.folder]);
    await run(this.program('pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
  }

  program(name: string): string {
    return join(this.folder, 'bin', name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
