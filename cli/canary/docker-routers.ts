import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { containerName, DOCUMENTS_FOLDER, documentsVolume } from '../../contracts/docker-names.ts';
import type { Environment } from '../../contracts/environment.ts';
import { type Output, runProgram } from '../checks/run-program.ts';
import type { Context } from '../context.ts';
import { Failure, Interrupted, messageOf } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Routers } from './routers.ts';

const PART = 'router';
const DOCUMENT = 'nginx.conf';
const MODE = '0444';

const Status = z.looseObject({ version: z.string().nullish(), error: z.string().nullish() });

/**
 * The router container of a Docker host, near or over ssh, through the docker command and the scripts that a deploy
 * uses: the document is written into its volume, and its agent is told to look.
 */
export function dockerRouters({ name, docker, router }: Environment, context: Context): Routers {
  const container = containerName(name, PART);
  const env = { ...context.env, DOCKER_HOST: docker?.host };
  const run = async (program: string, args: readonly string[], more: object = {}): Promise<string> => {
    const command = { program, args, folder: context.project, env: { ...env, ...more } };
    const output = await runProgram(command, context).catch((error: unknown): Output => {
      if (error instanceof Interrupted) throw error;
      return { code: 1, stdout: '', stderr: messageOf(error) };
    });
    if (output.code === 0) return output.stdout;
    throw new Failure(`${program} ${args[0]} failed: ${output.stderr.trim()}`);
  };
  const script = (file: string) => join(context.toolkit, 'templates/docker', file);
  const ask = `fetch('http://127.0.0.1:${router.agentPort}/status').then(async (a) => console.log(await a.text()))`;
  return {
    delivered: () => run('docker', ['exec', container, 'cat', `${DOCUMENTS_FOLDER}/${DOCUMENT}`]),

    async deliver(document) {
      // The gateway's image has the program that writes into volumes; the router sees its own one read-only.
      const image = await run('docker', [
        ...['container', 'inspect', '--format', '{{.Image}}', containerName(name, 'gateway')],
      ]);
      const folder = mkdtempSync(join(tmpdir(), 'fleet-router-'));
      try {
        const draft = join(folder, DOCUMENT);
        writeFileSync(draft, document);
        await run('sh', [script('deliver.sh'), DOCUMENTS_FOLDER, MODE, `${DOCUMENT}=${draft}`], {
          FLEET_IMAGE: image.trim(),
          FLEET_VOLUME: documentsVolume(name, PART),
        });
        await run('sh', [script('take-over.sh'), container]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },

    async versions() {
      const answer = await run('docker', ['exec', container, 'node', '-e', ask]).catch(() => '');
      const { version, error } = Status.safeParse(parseJson(answer)).data ?? {};
      return [{ router: container, version: version ?? undefined, error: error ?? undefined }];
    },
  };
}
