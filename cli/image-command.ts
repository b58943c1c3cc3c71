import type { Command } from 'commander';
import type { Context, Outcome } from './context.ts';
import type { Paint } from './print/style.ts';

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

/** Adds the commands for our container images. */
export function addImageCommand(program: Command, inProject: InProject, paint: Paint): void {
  const image = program.command('image').description('container images of ours that clouds run: build, push');
  const IMAGE = ['[image]', 'gateway, router or reviewer', 'gateway'] as const;
  const TAG = ['--tag <tag>', 'its tag (default: version and commit)'] as const;
  image
    .command('build')
    .description('build it on the container engine of this host')
    .argument('[environment]', 'its environment: named for the repository of that (default: for this host)')
    .argument(...IMAGE)
    .option(...TAG)
    .action((environment: string | undefined, name: string, { tag }: { tag?: string }) =>
      inProject(async (context) => {
        const { buildImage, cloudImage } = await import('./commands/image.ts');
        const { printBuilt } = await import('./print/image.ts');
        const result = await buildImage(cloudImage(name), environment, tag, context);
        return { data: result, text: printBuilt(result, paint), exitCode: 0 };
      }),
    );
  image
    .command('push')
    .description('build it, push it, write its digest into the environment file')
    .argument('<environment>', 'its environment')
    .argument(...IMAGE)
    .option(...TAG)
    .action((environment: string, name: string, { tag }: { tag?: string }) =>
      inProject(async (context) => {
        const { cloudImage, pushImage } = await import('./commands/image.ts');
        const { printPushed } = await import('./print/image.ts');
        const result = await pushImage(cloudImage(name), environment, tag, context);
        return { data: result, text: printPushed(result, paint), exitCode: 0 };
      }),
    );
}
