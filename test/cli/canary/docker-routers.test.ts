import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dockerRouters } from '../../../cli/canary/docker-routers.ts';
import type { Routers } from '../../../cli/canary/routers.ts';
import type { Context } from '../../../cli/context.ts';
import { shippedEnvironment } from '../../support/synth.ts';
import { ROOT } from '../support.ts';

/** In place of the docker command: runs on this machine what a container would, in a folder that is the volume. */
const DOCKER = `#!/bin/sh
printf '%s %s\\n' "$DOCKER_HOST" "$*" >>"$HOME/log"
case "$1 $2" in
  "container inspect") echo sha256:services ;;
  "container ls") echo running ;;
  "exec dev-router")
    case "$3" in
      cat) exec cat "$HOME/volume/\${4##*/}" ;;
      node) shift 2; exec "$@" ;;
    esac ;;
  "exec running") touch "$HOME/told" ;;
  run*)
    while [ "$1" != sh ]; do shift; done
    exec sh "$RECEIVE" "$HOME/volume/\${3##*/}" "$4" "$5" ;;
esac
`;

let home: string;
let routers: Routers;
const agent = createServer((_request, response) =>
  response.end(JSON.stringify({ version: 'aaaaaaaaaaaa', state: 'applied' })),
);

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'fleet-docker-'));
  mkdirSync(join(home, 'volume'));
  writeFileSync(join(home, 'volume/nginx.conf'), 'old\n');
  writeFileSync(join(home, 'docker'), DOCKER);
  chmodSync(join(home, 'docker'), 0o755);
  await new Promise<void>((done) => agent.listen(0, '127.0.0.1', done));
  const dev = shippedEnvironment('dev');
  const { port } = agent.address() as AddressInfo;
  const context: Context = {
    ...{ project: home, folder: home, toolkit: ROOT, now: Date.now },
    env: {
      ...{ PATH: `${home}:${process.env.PATH}`, HOME: home },
      RECEIVE: join(ROOT, 'templates/docker/receive.sh'),
    },
    progress: () => undefined,
    readInput: async () => '',
    onInterrupt: () => () => undefined,
    sleep: async () => undefined,
  };
  routers = dockerRouters({ ...dev, router: { ...dev.router, agentPort: port } }, context);
});

afterEach(async () => {
  rmSync(home, { recursive: true, force: true });
  await new Promise((done) => agent.close(done));
});

test('the document that the container has is read from it', async () => {
  expect(await routers.delivered()).toBe('old\n');
});

test('another one is written into its volume, through the host of the file, and its agent is told', async () => {
  await routers.deliver('new\n');
  expect(readFileSync(join(home, 'volume/nginx.conf'), 'utf8')).toBe('new\n');
  expect(statSync(join(home, 'volume/nginx.conf')).mode & 0o777).toBe(0o444);
  expect(statSync(join(home, 'told')).isFile()).toBe(true);
  const log = readFileSync(join(home, 'log'), 'utf8');
  const { docker } = shippedEnvironment('dev');
  expect(log.split('\n').slice(0, -1)).toEqual([
    expect.stringMatching(/ container inspect --format \{\{\.Image\}\} dev-gateway$/),
    expect.stringMatching(/ run .*--volume dev-router-documents:\/etc\/fleet sha256:services sh /),
    expect.stringContaining(' container ls '),
    expect.stringMatching(/ exec running sh -c kill -HUP 1$/),
  ]);
  for (const line of log.trim().split('\n')) expect(line.startsWith(`${docker?.host} `)).toBe(true);
});

test('the version is what the agent in the container says', async () => {
  expect(await routers.versions()).toEqual([
    { router: 'dev-router', version: 'aaaaaaaaaaaa', error: undefined },
  ]);
});

test('a container that does not answer has no version, and gets no document unsaid', async () => {
  writeFileSync(join(home, 'docker'), '#!/bin/sh\necho no such container >&2\nexit 1\n');
  expect(await routers.versions()).toEqual([{ router: 'dev-router', version: undefined, error: undefined }]);
  await expect(routers.deliver('new')).rejects.toThrow('docker container failed: no such container');
});
