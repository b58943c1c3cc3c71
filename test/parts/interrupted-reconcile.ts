// Reconciles a part and kills itself, as no handler can prevent, when a step is reported.
// Arguments: manifest, project, step.
import { setTimeout as delay } from 'node:timers/promises';
import { reconcile } from '../../parts/reconcile.ts';

const [, , manifest = '', project = '', lastStep] = process.argv;
await reconcile(manifest, {
  project,
  toolkit: project,
  env: { PATH: process.env.PATH },
  report: ({ step }) => {
    if (step === lastStep) process.kill(process.pid, 'SIGKILL');
  },
  sleep: (milliseconds) => delay(milliseconds),
  now: Date.now,
});
