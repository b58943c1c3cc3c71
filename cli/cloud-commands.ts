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

  program
    .command('weights')
    .description('weights in the bucket of a cloud environment: push')
    .command('push')
    .description('upload a checkpoint and the Harmony vocabulary: what is missing or different')
    .argument('<environment>', 'its environment')
    .argument('<model>', 'public name of the model')
    .option('--from <folder>', "the checkpoint's folder (default: where `hf download` puts it)")
    .action((environment: string, model: string, flags: { from?: string }) =>
      inProject(async (context) => {
        const { pushWeights } = await import('./commands/weights.ts');
        const { printPush } = await import('./print/weights.ts');
        const result = await pushWeights(environment, model, flags, context);
        return { data: result, text: printPush(result, paint), exitCode: 0 };
      }),
    );
}
