import type { Command } from 'commander';
import type { Context, Outcome } from './context.ts';
import { port } from './open-command.ts';

/** The page's own port: where it was yesterday it is today. */
const DEFAULT_PORT = 8095;

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

/** Adds `fleet dashboard`: cost, latency and cache without Grafana. */
export function addDashboardCommand(
  program: Command,
  inProject: InProject,
  print: (line: string) => void,
): void {
  program
    .command('dashboard')
    .description(
      'a page with what it costs, how fast it is, whether the cache works; --json prints the numbers',
    )
    .argument('[environment]', 'name of the environment', 'local')
    .option(
      '--prometheus <url>',
      "another address of the environment's Prometheus (default: found, by a tunnel if need be)",
    )
    .option('--range <range>', 'time to begin with: 15m, 1h, 6h, 24h, 7d, 30d', '1h')
    .option('--port <port>', 'where to serve the page, 0 for any that is free', port, DEFAULT_PORT)
    .option('--text', 'print the numbers in words instead', false)
    .action((name: string, flags: { prometheus?: string; range: string; port: number; text: boolean }) =>
      inProject(async (context) => {
        const { dashboard, dashboardNumbers } = await import('./commands/dashboard.ts');
        if (flags.text || program.opts<{ json?: true }>().json) {
          const { printDashboard } = await import('./print/dashboard.ts');
          const data = await dashboardNumbers(name, flags, context);
          return { data, text: printDashboard(data), exitCode: 0 };
        }
        const range = flags.range === '1h' ? '' : `?range=${flags.range}`;
        return dashboard(name, flags, (url) => print(`${url}${range}   Ctrl-C ends it`), context);
      }),
    );
}
