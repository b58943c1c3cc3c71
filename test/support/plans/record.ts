import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { digestOf, type PlanCase, planCases, recordingPath } from './corpus.ts';
import { PlanRecorder } from './recorder.ts';

/**
 * `TF_PLUGIN_DIR=… npx tsx test/support/plans/record.ts [--new] [NAME…]`: records the plans of the cases, all of them or
 * those named. Google and Docker need a mirror that has their plugins: google 6.50.0, docker 3.6.2.
 */
const names = process.argv.slice(2);
const wanted = (plan: PlanCase) => names.length === 0 || names.some((name) => plan.name.includes(name));
const recorder = new PlanRecorder(process.env.TF_PLUGIN_DIR);
for (const plan of ['dangerous', 'harmless', 'kinds'].flatMap(planCases).filter(wanted)) {
  const path = recordingPath(plan);
  mkdirSync(dirname(path), { recursive: true });
  try {
    const recording = { digest: digestOf(plan), plan: await recorder.plan(plan) };
    writeFileSync(path, `${JSON.stringify(recording)}\n`);
    console.log(`${plan.name}: recorded`);
  } catch (error) {
    process.exitCode = 1;
    console.error(`${plan.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
await recorder.end();
