import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../contracts/environment.ts';
import { parseEnvironment } from '../../../contracts/parse-environment.ts';
import { ROOT } from '../support.ts';

/** The shipped local environment with other weights of gpt-oss-120b. */
export function localEnvironment(v32: number, v33: number, other: number): Environment {
  const text = readFileSync(join(ROOT, 'environments/local.yaml'), 'utf8')
    .replace('weight: 80', `weight: ${v32}`)
    .replace('weight: 15', `weight: ${v33}`)
    .replace('weight: 5\n', `weight: ${other}\n`);
  return parseEnvironment({ path: 'environments/local.yaml', text });
}
