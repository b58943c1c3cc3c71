import { readFileSync } from 'node:fs';

/** What decides how programs are installed on this host. */
export interface System {
  readonly family: 'debian' | 'macos' | 'other';
  readonly root: boolean;
}

/** This host. */
export function thisSystem(): System {
  const root = process.getuid?.() === 0;
  if (process.platform === 'darwin') return { family: 'macos', root };
  return { family: isDebian(osRelease()) ? 'debian' : 'other', root };
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/** Whether an os-release file (os-release(5)) is of Debian or a distribution made from it. */
export function isDebian(text: string): boolean {
  const values = [...text.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].map(
    ([, value]) => value?.replaceAll('"', '') ?? '',
  );
  return values.some((value) => value.split(' ').includes('debian'));
}

/** The exact command that installs a requirement, or the page that says how. */
export function installCommand(
  { debianPackage, install }: { readonly debianPackage?: string; readonly install: string },
  { family, root }: System,
): string {
  if (debianPackage === undefined || family === 'other') return install;
  if (family === 'macos') return `brew install ${debianPackage}`;
  return `${root ? '' : 'sudo '}apt-get install -y --no-install-recommends ${debianPackage}`;
}
