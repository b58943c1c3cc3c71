import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Names that the browser has in distributions; test/install.sh brings Debian's. */
const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A real browser without a window. As root, as in containers, it has no sandbox; it sees pages of this test alone. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = PROGRAMS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('no chromium: `sh test/install.sh` installs it');
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}
