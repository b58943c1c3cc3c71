import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './local-project.ts';

/** The first example below a heading of the page on clients. @throws Error where there is none */
export function clientsExample(heading: string): string {
  const page = readFileSync(join(ROOT, 'docs/operations/clients.md'), 'utf8');
  const [, code] = new RegExp(`^## ${heading}\\n[^]*?^\`\`\`\\w+\\n([^]*?)^\`\`\``, 'm').exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/operations/clients.md has no example below "${heading}"`);
  return code;
}
