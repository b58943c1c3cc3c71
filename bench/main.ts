import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from '../build.mjs';
import { checkovComparison } from './checkov.ts';
import { firstTokenBenchmark } from './first-token.ts';
import { gatewayBenchmark } from './gateway.ts';
import { mutationEvidence } from './mutation.ts';
import { recordGithubSchemas } from './record-github-schemas.ts';
import { recordPlans } from './record-plans.ts';
import { recordToolSchemas } from './record-tool-schemas.ts';
import { rolloutJudgeEvidence } from './rollout-judge.ts';
import { routerBenchmark } from './router.ts';
import { synthBenchmark } from './synth.ts';

/** `npm run evidence -- NAME`: runs a benchmark and writes what it prints to docs/evidence/NAME.md. */
const BENCHMARKS: Readonly<Record<string, () => Promise<string>>> = {
  checkov: checkovComparison,
  'first-token': firstTokenBenchmark,
  gateway: gatewayBenchmark,
  mutation: mutationEvidence,
  'record-github-schemas': recordGithubSchemas,
  'record-plans': recordPlans,
  'record-tool-schemas': recordToolSchemas,
  'rollout-judge': rolloutJudgeEvidence,
  router: routerBenchmark,
  synth: synthBenchmark,
};

const name = process.argv[2] ?? '';
const benchmark = BENCHMARKS[name];
if (benchmark === undefined) {
  console.error(`no benchmark is named "${name}"; have ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}
await build();
const printed = await benchmark();
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const folder = resolve(import.meta.dirname, '../docs/evidence');
mkdirSync(folder, { recursive: true });
const header = `${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.versions.node}, ${cpus().length} cores`;
writeFileSync(join(folder, `${name}.md`), `# ${name}\n\n${header}\n\n\`\`\`\n${printed}\n\`\`\`\n`);
console.log(printed);
