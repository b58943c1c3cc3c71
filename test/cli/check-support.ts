import type { Workplace } from './support.ts';

/** Makes cdktf.json name a program that writes this stack for whatever environment is asked for. */
export function synthesizes(workplace: Workplace, stack: unknown, exit = ''): void {
  workplace.write('stack.json', JSON.stringify(stack));
  const script = `const { mkdirSync, copyFileSync } = require('node:fs');
const folder = process.env.CDKTF_OUTDIR + '/stacks/' + process.env.FLEET_ENVIRONMENTS;
mkdirSync(folder, { recursive: true });
copyFileSync('stack.json', folder + '/cdk.tf.json');
${exit}`;
  workplace.write('app.cjs', script);
  workplace.write('cdktf.json', JSON.stringify({ app: 'node app.cjs' }));
}
