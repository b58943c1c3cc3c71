import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { readEnvironment } from '../project.ts';
import { openTunnel } from '../tunnel/open-tunnel.ts';

/** What can be opened, and a path below which each answers without a login. */
export const OPENABLE = { grafana: '/api/health', prometheus: '/-/ready' } as const;

export type Openable = keyof typeof OPENABLE;

export interface Opened {
  readonly environment: string;
  readonly part: Openable;
  readonly url: string;
  /** The command that holds the way open; absent where none is needed. */
  readonly tunnel?: readonly string[];
  /** Grafana: who logs in, and the secret with the password. */
  readonly login?: { readonly user: string; readonly secret: string };
}

/**
 * The way to a page of an environment's monitoring. Where it is a tunnel, it stays until somebody ends it.
 * @param onReady is told of a tunnel as soon as the page answers
 * @throws UsageError, Failure, Interrupted at the end of a tunnel
 */
export async function open(
  part: string,
  name: string,
  flags: { readonly port?: number },
  onReady: (opened: Opened) => void,
  context: Context,
): Promise<Opened> {
  if (!isOpenable(part))
    throw new UsageError(`${part}: one of ${Object.keys(OPENABLE).join(', ')} can be opened`);
  const environment = readEnvironment(context.project, name);
  const { grafana, prometheus } = environment;
  const section = part === 'grafana' ? grafana : prometheus;
  if (section === undefined)
    throw new UsageError(
      `${name} has no Grafana: its file has no section \`grafana\`; \`fleet dashboard ${name}\` needs none`,
    );
  const { port } = section;
  const props = { environment, port, local: flags.port ?? port, probe: OPENABLE[part] };
  const tunnel = await openTunnel(props, context);
  const opened: Opened = {
    ...{ environment: name, part, url: tunnel.url },
    ...(tunnel.command && { tunnel: [tunnel.command.program, ...tunnel.command.args] }),
    ...(part === 'grafana' && grafana && { login: { user: 'admin', secret: grafana.adminPassword } }),
  };
  if (tunnel.command === undefined) return opened;
  try {
    onReady(opened);
    return await tunnel.ended;
  } finally {
    await tunnel.close();
  }
}

function isOpenable(part: string): part is Openable {
  return Object.hasOwn(OPENABLE, part);
}
