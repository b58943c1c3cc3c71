import type { Command } from 'commander';
import type { Context, Outcome } from './context.ts';
import type { Paint } from './print/style.ts';

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

/** Adds the commands that fill what an environment needs before it is deployed: secrets and weights. */
export function addCloudCommands(program: Command, inProject: InProject, paint: Paint): void {
  const secret = program.command('secret').description('values of secrets: set, list');
  secret
    .command('set')
    .description('give a secret a new value, typed without echo or from stdin')
    .argument('<environment>', 'its environment')
    .argument('<name>', 'a name under `secrets`')
    .action((environment: string, name: string) =>
      inProject(async (context) => {
        const { setSecret } = await import('./commands/secret.ts');
        const { printSecretChange } = await import('./print/secret.ts');
        const result = await setSecret(environment, name, context);
        return { data: result, text: printSecretChange(result, paint), exitCode: 0 };
      }),
    );
  secret
    .command('list')
    .description('which secrets have a value, never the values')
    .argument('<environment>', 'its environment')
    .action((environment: string) =>
      inProject(async (context) => {
        const { listSecrets } = await import('./commands/secret.ts');
        const { printSecrets } = await import('./print/secret.ts');
        const result = await listSecrets(environment, context);
        return { data: result, text: printSecrets(result, paint), exitCode: 0 };
      }),
    );
}
