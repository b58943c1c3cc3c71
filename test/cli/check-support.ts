import type { Workplace } from './support.ts';

/** Makes cdktf.json name a program that writes this stack for whatever environment is asked for. */
export function synthesizes(workplace: Pick<Workplace, 'write'>, stack: unknown, exit = ''): void {
  workplace.write('stack.json', JSON.stringify(stack));
  const script = `const { mkdirSync, copyFileSync } = require('node:fs');
const folder = process.env.CDKTF_OUTDIR + '/stacks/' + process.env.FLEET_ENVIRONMENTS;
mkdirSync(folder, { recursive: true });
copyFileSync('stack.json', folder + '/cdk.tf.json');
${exit}`;
  workplace.write('app.cjs', script);
  workplace.write('cdktf.json', JSON.stringify({ app: 'node app.cjs' }));
}

/** A terraform that plans nothing, and a stack whose state is in a bucket, for tests of what comes after the check. */
export function plansNothing(workplace: Pick<Workplace, 'write' | 'program'>): void {
  workplace.program(
    'terraform',
    `#!/bin/sh\ncase "$1" in show) echo '{"format_version":"1.2"}';; init | plan) ;; *) echo Terraform v1.9.0;; esac\n`,
  );
  synthesizes(workplace, { terraform: { backend: { gcs: { bucket: 'state' } } } });
}
