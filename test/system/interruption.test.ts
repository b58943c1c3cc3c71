import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalProject } from '../support/local-project.ts';
import { terraform } from '../support/terraform.ts';

let project: LocalProject;

beforeEach(async () => {
  project = await LocalProject.create();
});

afterEach(() => project.remove(), 60_000);

test.each(['applying', 'starting', 'started'])(
  'Ctrl-C at "%s" leaves what the next up mends',
  async (moment) => {
    const interrupted = project.spawnFleet('up');
    let said = '';
    interrupted.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const before = said;
      said += text;
      if (!before.includes(moment) && said.includes(moment)) interrupted.kill('SIGINT');
    });
    const [code] = await once(interrupted, 'exit');
    expect(said).toContain(moment);
    expect(code).toBe(130);

    const again = await project.fleet('up');
    expect(again.code, again.stderr).toBe(0);
    expect((await project.fleet('status')).code).toBe(0);
    const stack = join(project.folder, 'cdktf.out/stacks/local');
    const { code: changes, stdout } = await terraform(stack, 'plan', '-detailed-exitcode');
    expect(changes, stdout).toBe(0);
  },
  180_000,
);

test('a taken port is an error that names it, its holder and the key, and starts nothing', async () => {
  const { port } = project.environment.gateway;
  const stranger = await listen(port);
  try {
    const { code, stderr } = await project.fleet('up');
    expect(code).toBe(1);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain(`pid ${process.pid}`);
    expect(stderr).toContain('gateway.port');
    expect((await project.fleet('down', '--json')).stdout).toContain('"stopped": []');
  } finally {
    stranger.close();
  }
}, 60_000);

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
