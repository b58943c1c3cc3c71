import { type Command, InvalidArgumentError } from 'commander';
import type { Opened } from './commands/open.ts';
import type { Context, Outcome } from './context.ts';

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

/** Adds `fleet open`: Grafana and Prometheus of an environment, through a tunnel where they are elsewhere. */
export function addOpenCommand(program: Command, inProject: InProject, print: (line: string) => void): void {
  program
    .command('open')
    .description('the address of Grafana or Prometheus, with a tunnel to it where it runs elsewhere')
    .argument('<part>', 'grafana or prometheus')
    .argument('[environment]', 'name of the environment', 'local')
    .option(
      '--port <port>',
      "the tunnel's end on this host, 0 for any that is free (default: the part's)",
      port,
    )
    .action((part: string, name: string, flags: { port?: number }) =>
      inProject(async (context) => {
        const { open } = await import('./commands/open.ts');
        const json = program.opts<{ json?: true }>().json === true;
        const ready = (opened: Opened) =>
          print(json ? JSON.stringify(opened, null, 2) : `${textOf(opened)}   Ctrl-C ends the tunnel`);
        const opened = await open(part, name, flags, ready, context);
        return { data: opened, text: textOf(opened), exitCode: 0 };
      }),
    );
}

function textOf({ url, login }: Opened): string {
  return login === undefined ? url : `${url}   user ${login.user}, password: secret ${login.secret}`;
}

/** A port, or 0 for any that is free. */
export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError('It must be a port, 0 to 65535.');
}
