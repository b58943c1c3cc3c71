import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GoogleApi } from '../support/google-api.ts';
import { runs } from '../support/processes.ts';
import { plansNothing } from './check-support.ts';
import { type LocalEnvironment, openLocalEnvironment } from './local-environment.ts';
import { fixture, until } from './support.ts';

const MANIFEST = 'cdktf.out/stacks/local/documents/gateway/part.json';

let local: LocalEnvironment;

beforeEach(async () => {
  local = await openLocalEnvironment();
  local.synthesize(local.gateway('gpt-oss-20b'));
});

afterEach(() => local.close());

describe('fleet part', () => {
  test('up starts a part, and adopts it when it runs already', async () => {
    const first = await local.fleet(['part', 'up', MANIFEST]);
    expect(first).toMatchObject({ code: 0, stdout: `gateway: started (pid ${local.pid('gateway')})\n` });
    const second = await local.fleet(['part', 'up', MANIFEST]);
    expect(second).toMatchObject({ code: 0, stdout: `gateway: adopted (pid ${local.pid('gateway')})\n` });
  });

  test('up takes the manifest from the working folder and the project from --project', async () => {
    const relative = ['part', 'up', 'part.json', '--project', '../../../../..'];
    const { code } = await local.fleet(relative, {}, local.path('cdktf.out/stacks/local/documents/gateway'));
    expect(code).toBe(0);
    expect(local.has('.fleet/local/gateway/pid.json')).toBe(true);
  });

  test('up says on stderr why a part cannot be made true', async () => {
    local.synthesize({ name: 'vllm-1', command: ['no-such-program'] });
    const { code, stdout, stderr } = await local.fleet(['part', 'up', MANIFEST.replace('gateway', 'vllm-1')]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/vllm-1: .*no-such-program/);
  });

  test('down stops a part; stopping it again is fine', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    const pid = local.pid('gateway');
    const down = ['part', 'down', '--environment', 'local', '--part', 'gateway'];
    expect(await local.fleet(down)).toMatchObject({ code: 0, stdout: 'gateway: stopped\n' });
    expect(runs(pid)).toBe(false);
    expect(await local.fleet(down)).toMatchObject({ code: 0, stdout: 'gateway: absent\n' });
  });
});

describe('fleet status', () => {
  test('shows each part, and exits with 0 when all run', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    const { code, stdout } = await local.fleet(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^part +state +address +version +pid +since\\ngateway +running +http://127.0.0.1:${local.gatewayPort}/v1 +${local.pid('gateway')} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ\\n$`,
      ),
    );
  });

  test('exits with 1 when a part has died', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    process.kill(local.pid('gateway'), 'SIGKILL');
    await until('the part is dead', async () => (await local.fleet(['status'])).stdout.includes('dead'));
    const { code, stdout } = await local.fleet(['status', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ running: false, parts: [{ name: 'gateway', state: 'dead' }] });
  });

  test('works when the environment file is broken', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    local.write('environments/local.yaml', 'class: [');
    const { code, stdout, stderr } = await local.fleet(['status', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).parts).toHaveLength(1);
    expect(stderr).toContain('not valid YAML');
  });

  test('says so when nothing is installed', async () => {
    expect(await local.fleet(['status'])).toMatchObject({
      code: 1,
      stdout: 'nothing of local is installed here; `fleet up local` deploys it\n',
    });
  });

  test('says plainly that it cannot read another platform', async () => {
    local.write(
      'environments/local.yaml',
      local.read('environments/local.yaml').replace('platform: process', 'platform: docker'),
    );
    expect(await local.fleet(['status'])).toMatchObject({
      code: 1,
      stderr: 'local is on platform docker; `fleet status` reads only process environments so far\n',
    });
  });
});

describe('fleet logs', () => {
  beforeEach(async () => {
    local.synthesize({
      name: 'vllm-1',
      command: [
        'sh',
        '-c',
        'for i in 1 2 3; do echo line $i; done; while [ ! -e go ]; do sleep 0.05; done; echo more; sleep 600',
      ],
    });
    await local.fleet(['part', 'up', MANIFEST.replace('gateway', 'vllm-1')]);
    await until('the part has written', () => local.read('.fleet/local/vllm-1/log').includes('line 3'));
  });

  test('prints the last lines', async () => {
    expect(await local.fleet(['logs', 'vllm-1', '-n', '2'])).toMatchObject({
      code: 0,
      stdout: 'line 2\nline 3\n',
    });
  });

  test('-f goes on with new lines until it is interrupted', async () => {
    const logs = local.start(['logs', 'vllm-1', '-f', '-n', '1']);
    await until('the old lines are there', () => logs.stdout().includes('line 3'));
    local.write('go', '');
    await until('the new line is there', () => logs.stdout().includes('more'));
    logs.signal('SIGINT');
    expect(await logs.ended).toEqual({ code: 130, stdout: 'line 3\nmore\n', stderr: '' });
  });

  test('an unknown part gets the nearest one', async () => {
    expect(await local.fleet(['logs', 'vlm-1'])).toMatchObject({
      code: 2,
      stderr: 'local has no part vlm-1; did you mean vllm-1? (parts: vllm-1)\n',
    });
  });

  test('--follow and --json exclude each other', async () => {
    expect((await local.fleet(['logs', 'vllm-1', '-f', '--json'])).code).toBe(2);
  });
});

describe('fleet down', () => {
  test('of nothing is fine', async () => {
    expect(await local.fleet(['down'])).toMatchObject({
      code: 0,
      stdout: 'nothing of local runs on this host\n',
    });
    expect(await local.fleet(['down', 'elsewhere'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('environments/elsewhere.yaml does not exist'),
    });
  });

  test('destroys with a state, and says what is left and how to remove it', async () => {
    await local.fleet(['up']);
    const pid = local.pid('gateway');
    local.write('.fleet/local/terraform.tfstate', '{"resources": [{}]}');
    const { code, stdout } = await local.fleet(['down']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'stopped: gateway',
        'kept in .fleet/local: deploy.log, destroy.log, gateway, terraform.tfstate',
        'remove it too: fleet down local --purge',
        'local is down',
        '',
      ].join('\n'),
    );
    expect(local.read('calls')).toContain('destroy local local 1\n');
    expect(runs(pid)).toBe(false);
  });

  test('stops everything without a state, without a valid file and without Terraform', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    const pid = local.pid('gateway');
    local.write('environments/local.yaml', 'class: [');
    const { code, stdout } = await local.fleet(['down'], { TERRAFORM_BINARY_NAME: 'no-such-terraform' });
    expect(code).toBe(0);
    expect(stdout).toContain('stopped: gateway\n');
    expect(runs(pid)).toBe(false);
  });

  test('does not call an environment down when it cannot know what there is', async () => {
    local.write('.fleet/prod/deploy.log', '');
    local.write(
      'environments/prod.yaml',
      fixture('environments/good/google.yaml').replace('class:', 'klass:'),
    );
    const { code, stdout } = await local.fleet(['down', 'prod']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('says that nothing was destroyed when Terraform is missing', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    local.write('.fleet/local/terraform.tfstate', '{"resources": [{}]}');
    const { code, stdout } = await local.fleet(['down'], { TERRAFORM_BINARY_NAME: 'no-such-terraform' });
    expect(code).toBe(0);
    expect(stdout).toContain('cdktf destroy did not run: Terraform is not installed\n');
  });

  test('stops everything although the destroy fails, and fails itself', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    const pid = local.pid('gateway');
    local.write('.fleet/local/terraform.tfstate', '{"resources": [{}]}');
    local.cdktf(`console.error('no'); process.exitCode = 1;`);
    const { code, stderr } = await local.fleet(['down']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no\ncdktf destroy failed; all of its output: \.fleet\/local\/destroy\.log\n$/);
    expect(runs(pid)).toBe(false);
  });

  test('--purge leaves nothing', async () => {
    await local.fleet(['part', 'up', MANIFEST]);
    expect((await local.fleet(['down', '--purge', '--json'])).stdout).toMatch(/"left": \[\]/);
    expect(local.has('.fleet/local')).toBe(false);
  });

  test('tells the synthesis that releases that serve may go too; up does not', async () => {
    local.write('environments/prod.yaml', fixture('environments/good/google.yaml'));
    local.cdktf(
      `import { writeFileSync } from 'node:fs'; writeFileSync('destroying', process.env.FLEET_DESTROYING ?? 'no');`,
    );
    plansNothing(local);
    const google = new GoogleApi();
    await google.start();
    await local.fleet(['up', 'prod', '--yes'], { ...google.env, FLEET_DESTROYING: '1' });
    await google.stop();
    expect(local.read('destroying')).toBe('no');
    await local.fleet(['down', 'prod', '--confirm', 'prod']);
    expect(local.read('destroying')).toBe('1');
  });

  test('of a cloud environment wants its name', async () => {
    local.write('environments/prod.yaml', fixture('environments/good/google.yaml'));
    local.cdktf(`import { writeFileSync } from 'node:fs'; writeFileSync('destroyed', '');`);
    expect(await local.fleet(['down', 'prod'])).toMatchObject({
      code: 2,
      stderr: 'prod is on google; without a terminal, agree with --confirm prod\n',
    });
    expect((await local.fleet(['down', 'prod', '--confirm', 'local'])).code).toBe(2);
    expect(local.has('destroyed')).toBe(false);
    expect((await local.fleet(['down', 'prod', '--confirm', 'prod'])).code).toBe(0);
    expect(local.has('destroyed')).toBe(true);
  });
});
