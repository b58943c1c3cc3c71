import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineFile } from '../../workloads/machine-files.ts';

/** What cloud-init does with a part of a cloud-config; its schema accepts any other key. */
export const KNOWN_KEYS = ['write_files', 'runcmd'];

/**
 * The files in a folder of their own, programs under their paths there: systemd-analyze looks for what a unit starts.
 * @returns paths of the units, each of a template as an instance
 */
export function installed(root: string, files: readonly MachineFile[]): string[] {
  const units = files.map(({ path, mode, text }) => {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    const unit = path.startsWith('/etc/systemd/');
    writeFileSync(target, unit ? onThisMachine(text, root) : text, { mode: Number.parseInt(mode, 8) });
    return unit ? [target] : [];
  });
  return units.flat().map((path) => path.replace('@.service', '@1.service'));
}

/** Programs of the machine's image that this one may lack stand for themselves by one that every machine has. */
function onThisMachine(text: string, root: string): string {
  return text
    .replaceAll('/usr/local/lib/fleet/', `${root}/usr/local/lib/fleet/`)
    .replaceAll('/usr/bin/docker ', '/bin/echo ')
    .replaceAll('/usr/bin/python3 ', '/bin/echo ');
}

export function run(program: string, ...args: readonly string[]): { code: number | null; printed: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { code: status, printed: `${stdout}${stderr}` };
}
