import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { engineVersion } from '../../cli/docker-engine.ts';
import { installCommand, isDebian, thisSystem } from '../../cli/system.ts';
import { fixture, openWorkplace, ROOT, ran, type Workplace } from './support.ts';

const NO_TERRAFORM = { TERRAFORM_BINARY_NAME: 'no-such-terraform' };
const printing = (text: string) => `#!/bin/sh\necho '${text}'\n`;

describe('fleet doctor', () => {
  let workplace: Workplace;

  beforeEach(() => {
    workplace = openWorkplace();
    workplace.write('environments/local.yaml', fixture('environments/good/process.yaml'));
    workplace.program('terraform', printing('Terraform v1.5.7'));
    workplace.program('nginx', '#!/bin/sh\necho "nginx version: nginx/1.22.1" >&2\n');
    workplace.program('prometheus', printing('prometheus, version 2.42.0+ds'));
  });

  afterEach(() => workplace.close());

  test('says in one line that all is there', async () => {
    expect(await workplace.fleet(['doctor'])).toEqual({
      code: 0,
      stdout: `local has all it needs: node ${process.versions.node}, terraform 1.5.7, nginx 1.22.1, prometheus 2.42.0\n`,
      stderr: '',
    });
  });

  test('names what is missing and what is too old, with what is needed and how to get it', async () => {
    workplace.program('nginx', printing('nginx version: nginx/1.18.0'));
    const { code, stdout } = await workplace.fleet(['doctor', '--json'], NO_TERRAFORM);
    expect(code).toBe(1);
    const { complete, requirements } = JSON.parse(stdout);
    expect(complete).toBe(false);
    expect(requirements).toMatchObject([
      { what: 'node', state: 'found', version: process.versions.node },
      {
        what: 'terraform',
        state: 'missing',
        lowest: '1.5',
        install: expect.stringContaining('hashicorp.com'),
      },
      {
        what: 'nginx',
        state: 'too old',
        version: '1.18.0',
        lowest: '1.22',
        neededBy: 'platform process: router',
        path: join(workplace.bin, 'nginx'),
      },
      { what: 'prometheus', state: 'found', version: '2.42.0', path: join(workplace.bin, 'prometheus') },
    ]);
  });

  test('a program that does not say its version does not count as new enough', async () => {
    workplace.program('prometheus', printing('hello'));
    const { code, stdout } = await workplace.fleet(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/prometheus ≥ 2\.42 +too old/);
  });

  test('OpenTofu will do', async () => {
    workplace.program('tofu', printing('OpenTofu v1.8.2'));
    const { code, stdout } = await workplace.fleet(['doctor', '--json'], { TERRAFORM_BINARY_NAME: 'tofu' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).requirements[1]).toMatchObject({ what: 'terraform', version: '1.8.2' });
  });

  test('asks only for what the environment needs', async () => {
    workplace.write('environments/prod.yaml', fixture('environments/good/google.yaml'));
    const nobody = { HOME: workplace.project, METADATA_SERVER_DETECTION: 'none' };
    const { stdout } = await workplace.fleet(['doctor', 'prod', '--json'], nobody);
    const { requirements } = JSON.parse(stdout) as { requirements: { what: string }[] };
    expect(requirements.map(({ what }) => what)).toEqual(['node', 'terraform']);
  });

  test('asks for vllm when the nodes are real', async () => {
    const text = fixture('environments/good/process.yaml').replace('engine: simulator', 'engine: vllm');
    workplace.write('environments/local.yaml', text);
    const { code, stdout } = await workplace.fleet(['doctor', '--json'], { PATH: workplace.bin });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).requirements.at(-1)).toMatchObject({ what: 'vllm', state: 'missing' });
  });

  test('`fleet up` stops at the same lack, with the command that helps, and leaves nothing', async () => {
    const { code, stdout, stderr } = await workplace.fleet(['up'], NO_TERRAFORM);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^terraform 1\.5 or later is needed .* missing; install it: https:.*\n$/);
    expect(workplace.has('.fleet')).toBe(false);
  });

  test.runIf(thisSystem().family === 'debian' && thisSystem().root)(
    '--install brings what apt-get has',
    async () => {
      workplace.program('prometheus', printing('prometheus, version 2.30.0'));
      const fresh = `printf '#!/bin/sh\\necho prometheus, version 2.45.0\\n' >${join(workplace.bin, 'prometheus')}`;
      workplace.program(
        'apt-get',
        `#!/bin/sh\n[ "$1" = install ] && ${fresh}\necho "$@" >>${workplace.path('calls')}\n`,
      );
      mkdirSync(workplace.path('root/usr/sbin'), { recursive: true });
      const { code, stdout, stderr } = await workplace.fleet(['doctor', '--install'], {
        DPKG_ROOT: workplace.path('root'),
      });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^installed: prometheus\nlocal has all it needs: .*prometheus 2\.45\.0\n$/);
      expect(stderr).toContain('apt-get install -y --no-install-recommends prometheus');
      expect(workplace.read('calls')).toBe('update\ninstall -y --no-install-recommends prometheus\n');
    },
  );
});

describe('the installation script', () => {
  let home: string;
  let policy: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'fleet-install-'));
    policy = join(home, 'root/usr/sbin/policy-rc.d');
    mkdirSync(join(home, 'root/usr/sbin'), { recursive: true });
    mkdirSync(join(home, 'root/lib/systemd/system'), { recursive: true });
    mkdirSync(join(home, 'bin'));
    program('systemctl', `echo "systemctl $*" >>${home}/calls`);
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function program(name: string, body: string): void {
    writeFileSync(join(home, 'bin', name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(home, 'bin', name), 0o755);
  }

  const install = (...packages: string[]) =>
    ran('sh', [join(ROOT, 'cli/install-debian.sh'), ...packages], {
      PATH: `${home}/bin:${process.env.PATH}`,
      DPKG_ROOT: `${home}/root`,
    });
  const calls = () => readFileSync(join(home, 'calls'), 'utf8').trimEnd().split('\n');

  test('keeps services from starting while it installs, and lets them afterwards', async () => {
    program('apt-get', `${policy}; echo "apt-get $1, policy $?" >>${home}/calls`);
    expect((await install('nginx')).code).toBe(0);
    expect(calls()).toEqual(['apt-get update, policy 101', 'apt-get install, policy 101']);
    expect(existsSync(policy)).toBe(false);
  });

  test('respects and keeps a policy that is already there', async () => {
    writeFileSync(policy, '#!/bin/sh\nexit 7\n', { mode: 0o755 });
    program('apt-get', `${policy}; echo "policy $?" >>${home}/calls`);
    await install('nginx');
    expect(calls()).toEqual(['policy 7', 'policy 7']);
    expect(readFileSync(policy, 'utf8')).toContain('exit 7');
  });

  test('takes its policy away when apt-get fails, and passes the failure on', async () => {
    program('apt-get', 'echo "E: Unable to locate package" >&2; exit 100');
    const { code, stderr } = await install('nginx');
    expect(code).toBe(100);
    expect(stderr).toContain('E: Unable to locate package');
    expect(existsSync(policy)).toBe(false);
  });

  test('disables the services that came with the packages, and no others', async () => {
    const units = join(home, 'root/lib/systemd/system');
    writeFileSync(join(units, 'nginx.service'), '');
    program('apt-get', `touch ${units}/prometheus.service`);
    await install('nginx', 'prometheus');
    expect(calls()).toEqual(['systemctl disable prometheus.service']);
  });
});

describe('the system', () => {
  test.each([
    ['ID=debian\nVERSION_ID="12"', true],
    ['ID=ubuntu\nID_LIKE=debian', true],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', true],
    ['ID=fedora\nID_LIKE="rhel"', false],
    ['PRETTY_NAME="not debian"', false],
    ['', false],
  ])('%j is of the Debian family: %s', (text, expected) => {
    expect(isDebian(text)).toBe(expected);
  });

  test.each([
    [{ family: 'debian', root: true }, 'apt-get install -y --no-install-recommends nginx'],
    [{ family: 'debian', root: false }, 'sudo apt-get install -y --no-install-recommends nginx'],
    [{ family: 'macos', root: false }, 'brew install nginx'],
    [{ family: 'other', root: false }, 'https://nginx.org'],
  ] as const)('%j installs with %s', (system, command) => {
    expect(installCommand({ debianPackage: 'nginx', install: 'https://nginx.org' }, system)).toBe(command);
  });
});

describe('a container engine', () => {
  test('is asked for its version over its socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-engine-'));
    const server = createServer((_request, response) => response.end('{"Version":"27.1.1"}'));
    server.listen(join(folder, 'docker.sock'));
    await once(server, 'listening');
    expect(await engineVersion(`unix://${folder}/docker.sock`)).toBe('27.1.1');
    server.close();
    rmSync(folder, { recursive: true });
  });

  test('that does not answer is not there', async () => {
    expect(await engineVersion('unix:///nowhere/docker.sock')).toBeUndefined();
  });
});
