import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { RouterAgentSettings } from '../../contracts/router-agent-settings.ts';

export const USAGE = `router-agent --settings FILE
router-agent --prefix FOLDER --document PLACE --servers PLACE (--hop-key-file FILE | --hop-key-env NAME)
  --admin URL --listen HOST:PORT [--nginx PROGRAM] [--poll MILLISECONDS]

Puts an nginx.conf and the servers of its releases in place, once nginx has taken them in a test, and reloads nginx.
PLACE: a file, s3://BUCKET/KEY or gs://BUCKET/OBJECT. SIGHUP: look now. SIGTERM: end; nginx goes on.`;

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  settings: TEXT,
  prefix: TEXT,
  document: TEXT,
  servers: TEXT,
  'hop-key-file': TEXT,
  'hop-key-env': TEXT,
  admin: TEXT,
  listen: TEXT,
  nginx: TEXT,
  poll: TEXT,
};

/** @throws Error naming every mistake */
export async function readSettings(args: readonly string[]): Promise<RouterAgentSettings> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const given = values.settings === undefined ? fromFlags(values) : await fromFile(values.settings, values);
  const { data, error } = RouterAgentSettings.safeParse(given);
  if (error !== undefined) throw new Error(z.prettifyError(error));
  return { ...data, prefix: resolve(data.prefix), admin: data.admin.replace(/\/$/, '') };
}

type Flags = { readonly [name in keyof typeof OPTIONS]?: string };

async function fromFile(path: string, flags: Flags): Promise<unknown> {
  if (Object.keys(flags).length > 1) throw new Error('give either --settings or the other options');
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fromFlags(flags: Flags): unknown {
  const { prefix, document, servers, admin, listen, nginx, poll } = flags;
  const [file, env] = [flags['hop-key-file'], flags['hop-key-env']];
  const missing = Object.entries({ prefix, document, servers, admin, listen })
    .filter(([, value]) => value === undefined)
    .map(([name]) => `--${name}`);
  if (missing.length > 0) throw new Error(`${missing.join(', ')} missing`);
  if ((file === undefined) === (env === undefined))
    throw new Error('give either --hop-key-file or --hop-key-env');
  return {
    ...{ prefix, document, servers, admin, listen, nginx },
    hopKey: file === undefined ? { env } : { file },
    ...(poll === undefined ? {} : { pollMs: Number(poll) }),
  };
}
